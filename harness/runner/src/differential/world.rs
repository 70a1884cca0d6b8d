//! The namespaces, pods and policies of a comparison, and what istiod has pushed to the pods.

use std::time::Duration;

use futures::future::try_join_all;
use mtls_engine::wait::{Check, until};
use mtls_kubernetes::{DynamicObject, Kube, KubeError, Reference};
use serde_json::{Value, json};

use super::{
    DifferentialError,
    names::{LABEL, NAMESPACES, marker},
};
use crate::stack::istio;

/// How long a batch may take to arrive on all streams.
pub(super) const SETTLING: Duration = Duration::from_secs(3);

const LIMIT: Duration = Duration::from_secs(20);
const READY: Duration = Duration::from_secs(180);
const KINDS: [&str; 2] = ["AuthorizationPolicy", "PeerAuthentication"];
/// The labels of the pods of each namespace.
const PODS: [(&str, &str); 3] = [("api", "x"), ("api", "y"), ("web", "x")];
const IMAGE: &str = "localhost/mtls-e2e/reference-workload:dev";

/// Where a comparison takes place.
pub(super) struct Bed<'a> {
    kube: &'a Kube,
    pods: Vec<Value>,
}

/// A pod with its inbound listener.
pub(super) struct Pushed {
    pub(super) pod: Value,
    pub(super) listener: Value,
}

impl<'a> Bed<'a> {
    /// Makes namespaces and pods, and waits until every sidecar is ready.
    pub(super) async fn make(kube: &'a Kube) -> Result<Self, DifferentialError> {
        let mut bed = Self { kube, pods: Vec::new() };
        bed.forget_policies().await?;
        for object in objects() {
            kube.apply(&parsed(&object)?, LIMIT).await?;
        }
        match bed.ready_pods().await {
            Ok(pods) => bed.pods = pods,
            Err(error) => {
                bed.remove().await?;
                return Err(error);
            }
        }
        Ok(bed)
    }

    async fn ready_pods(&self) -> Result<Vec<Value>, DifferentialError> {
        let wanted = NAMESPACES.len() * PODS.len();
        let pods = until("pods with a sidecar", READY, Duration::from_secs(1), async || {
            match self.kube.list("v1", "Pod", None, Some(&format!("{LABEL}=pod"))).await {
                Err(error) => Check::NotYet(error.to_string()),
                Ok(pods) => {
                    let ready: Vec<Value> = pods
                        .iter()
                        .filter(|pod| is_ready(pod))
                        .filter_map(|pod| serde_json::to_value(pod).ok())
                        .collect();
                    if ready.len() == wanted {
                        Check::Ready(ready)
                    } else {
                        Check::NotYet(format!("{} of {wanted} are ready", ready.len()))
                    }
                }
            }
        })
        .await?;
        Ok(pods)
    }

    /// Replaces the policies of the batch before.
    pub(super) async fn apply(&self, policies: &[Value]) -> Result<(), DifferentialError> {
        self.forget_policies().await?;
        let (last, rest) = policies.split_last().map_or((None, policies), |(last, rest)| (Some(last), rest));
        // One after the other, so that some differ in age.
        for policy in rest.iter().chain(last) {
            self.kube.apply(&parsed(policy)?, LIMIT).await?;
        }
        Ok(())
    }

    /// All policies of the world, which decide together.
    pub(super) async fn policies(&self) -> Result<Vec<Value>, KubeError> {
        let mut policies = Vec::new();
        for kind in KINDS {
            let found = self.kube.list(istio::POLICY_VERSION, kind, None, None).await?;
            policies.extend(found.iter().filter_map(|object| serde_json::to_value(object).ok()));
        }
        Ok(policies)
    }

    /// The inbound listeners of all pods, once istiod generates them from this batch.
    pub(super) async fn pushed(&self, batch: usize) -> Result<Vec<Pushed>, DifferentialError> {
        let istiod = self.kube.ready_pod(istio::NAMESPACE, "app=istiod").await?.and_then(|pod| pod.metadata.name);
        let istiod =
            istiod.ok_or_else(|| DifferentialError::Unreadable("istiod".to_owned(), "no pod is ready".to_owned()))?;
        let marker = marker(batch);
        try_join_all(self.pods.iter().map(|pod| self.listener(&istiod, pod, &marker))).await
    }

    async fn listener(&self, istiod: &str, pod: &Value, marker: &str) -> Result<Pushed, DifferentialError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text(&pod["metadata"]["namespace"]), text(&pod["metadata"]["name"]));
        let query = format!(
            "/debug/config_dump?proxyID={name}.{namespace}&types=type.googleapis.com/envoy.config.listener.v3.Listener"
        );
        let command = ["pilot-discovery", "request", "GET", &query];
        let listener =
            until("the policies of a batch in what istiod pushes", LIMIT, Duration::from_millis(300), async || {
                let output = match self.kube.exec(istio::NAMESPACE, istiod, "discovery", &command, b"", LIMIT).await {
                    Ok(output) => output,
                    Err(error) => return Check::NotYet(error.to_string()),
                };
                let dump: Value = match serde_json::from_str(output.stdout.trim()) {
                    Ok(dump) => dump,
                    Err(error) => return Check::NotYet(format!("the dump is not JSON: {error}")),
                };
                let listeners = dump["configs"].as_array().into_iter().flatten();
                match listeners.into_iter().find(|listener| listener["name"] == "virtualInbound") {
                    Some(listener) if listener.to_string().contains(marker) => Check::Ready(listener.clone()),
                    Some(_) => Check::NotYet(format!("{name} has an earlier batch")),
                    None => Check::NotYet(format!("{name} has no inbound listener")),
                }
            })
            .await?;
        Ok(Pushed { pod: pod.clone(), listener })
    }

    /// Deletes what was made.
    pub(super) async fn remove(&self) -> Result<(), DifferentialError> {
        self.forget_policies().await?;
        for namespace in NAMESPACES {
            self.kube.delete(&Reference::new("v1", "Namespace", None, namespace)).await?;
        }
        Ok(())
    }

    async fn forget_policies(&self) -> Result<(), KubeError> {
        for kind in KINDS {
            let selector = format!("{LABEL}=policy");
            let left = self.kube.list(istio::POLICY_VERSION, kind, None, Some(&selector)).await?;
            let references: Vec<Reference> = left
                .iter()
                .map(|object| {
                    let name = object.metadata.name.as_deref().unwrap_or_default();
                    Reference::new(istio::POLICY_VERSION, kind, object.metadata.namespace.as_deref(), name)
                })
                .collect();
            try_join_all(references.iter().map(|reference| self.kube.delete(reference))).await?;
        }
        Ok(())
    }
}

fn is_ready(pod: &DynamicObject) -> bool {
    let conditions = pod.data["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn parsed(value: &Value) -> Result<DynamicObject, DifferentialError> {
    serde_json::from_value(value.clone())
        .map_err(|error| DifferentialError::Unreadable(value["kind"].to_string(), error.to_string()))
}

fn objects() -> Vec<Value> {
    let port = |name: &str, number: u16| json!({"name": name, "port": number, "targetPort": number});
    let mut objects = Vec::new();
    for namespace in NAMESPACES {
        objects.push(json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {LABEL: "namespace", "istio-injection": "enabled"}},
        }));
        objects.push(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": "server"},
            "spec": {"selector": {LABEL: "pod"}, "ports": [port("http", 8080), port("tcp-raw", 9000), port("other", 7000)]},
        }));
        for (app, tier) in PODS {
            objects.push(json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {
                    "namespace": namespace, "name": format!("{app}-{tier}"),
                    "labels": {LABEL: "pod", "app": app, "tier": tier},
                    // Certificates of istiod: these pods are registered nowhere else.
                    "annotations": {"inject.istio.io/templates": "sidecar"},
                },
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "app", "image": IMAGE, "imagePullPolicy": "Never", "args": ["receiver"]}],
                },
            }));
        }
    }
    objects
}
