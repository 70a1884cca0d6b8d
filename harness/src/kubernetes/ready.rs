//! When an object counts as ready, by its kind.

use kube::api::DynamicObject;
use serde_json::Value;

use super::{Kube, KubeError};
use crate::wait::Check;

impl Kube {
    /// A pod that is Ready, if there is one.
    ///
    /// # Errors
    ///
    /// When the API server does not say.
    pub async fn ready_pod(&self, namespace: &str, selector: &str) -> Result<Option<DynamicObject>, KubeError> {
        let pods = self.list("v1", "Pod", Some(namespace), Some(selector)).await?;
        Ok(pods.into_iter().find(pod_is_ready))
    }
}

/// Whether a pod answers, and is not about to go.
fn pod_is_ready(pod: &DynamicObject) -> bool {
    let conditions = pod.data["status"]["conditions"].as_array();
    let ready = conditions
        .is_some_and(|list| list.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True"));
    ready && pod.metadata.deletion_timestamp.is_none()
}

/// Ready, or what is still missing. Kinds without a notion of readiness are ready as soon as they exist.
pub fn readiness(object: &DynamicObject) -> Check<()> {
    let Some(types) = &object.types else {
        return Check::Permanent("it does not say what kind it is".to_owned());
    };
    let data = &object.data;
    if let Some(stale) = stale(object) {
        return Check::NotYet(stale);
    }
    match types.kind.as_str() {
        "Deployment" => counted(data, "replicas", "availableReplicas", Some("updatedReplicas")),
        "StatefulSet" => counted(data, "replicas", "readyReplicas", None),
        "DaemonSet" => daemon_set(data),
        "CustomResourceDefinition" => condition(data, "Established"),
        "Job" => condition(data, "Complete"),
        "Certificate" | "CertificateRequest" | "ClusterIssuer" | "Issuer" | "Node" | "Pod" => condition(data, "Ready"),
        _ => Check::Ready(()),
    }
}

fn stale(object: &DynamicObject) -> Option<String> {
    let observed = object.data.pointer("/status/observedGeneration").and_then(Value::as_i64)?;
    let wanted = object.metadata.generation?;
    (observed < wanted).then(|| format!("generation {observed} observed, {wanted} wanted"))
}

fn counted(data: &Value, wanted: &str, have: &str, also: Option<&str>) -> Check<()> {
    let wanted = data.pointer(&format!("/spec/{wanted}")).and_then(Value::as_i64).unwrap_or(1);
    let count = |field: &str| data.pointer(&format!("/status/{field}")).and_then(Value::as_i64).unwrap_or(0);
    let total = count("replicas");
    if count(have) >= wanted && total <= wanted && also.is_none_or(|field| count(field) >= wanted) {
        Check::Ready(())
    } else {
        Check::NotYet(format!("{} of {wanted} {have}", count(have)))
    }
}

fn daemon_set(data: &Value) -> Check<()> {
    let count = |field: &str| data.pointer(&format!("/status/{field}")).and_then(Value::as_i64).unwrap_or(0);
    let (wanted, ready) = (count("desiredNumberScheduled"), count("numberReady"));
    if wanted > 0 && ready >= wanted && count("updatedNumberScheduled") >= wanted {
        Check::Ready(())
    } else {
        Check::NotYet(format!("{ready} of {wanted} ready"))
    }
}

fn condition(data: &Value, wanted: &str) -> Check<()> {
    let conditions = data.pointer("/status/conditions").and_then(Value::as_array);
    let Some(found) = conditions.and_then(|list| list.iter().find(|condition| condition["type"] == wanted)) else {
        return Check::NotYet(format!("no condition {wanted} yet"));
    };
    if found["status"] == "True" {
        return Check::Ready(());
    }
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    Check::NotYet(format!("{wanted}={} {} {}", text("status"), text("reason"), text("message")).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> DynamicObject {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn readiness_by_kind() {
        let cases = [
            (
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 1, availableReplicas: 1, updatedReplicas: 1}}",
                true,
            ),
            (
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, generation: 2}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 1, availableReplicas: 1, updatedReplicas: 1}}",
                false,
            ),
            (
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 2, availableReplicas: 1, updatedReplicas: 1}}",
                false,
            ),
            (
                "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, status: {desiredNumberScheduled: 0, numberReady: 0}}",
                false,
            ),
            ("{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}}", false),
            (
                "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}, status: {conditions: [{type: Ready, status: 'True'}]}}",
                true,
            ),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", true),
        ];
        for (text, ready) in cases {
            assert_eq!(matches!(readiness(&object(text)), Check::Ready(())), ready, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let Check::NotYet(seen) = readiness(&object(
            "{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: a}, status: {conditions: [{type: Ready, status: 'False', reason: ErrGetKeyPair, message: no secret}]}}",
        )) else {
            panic!("must not be ready");
        };
        assert_eq!(seen, "Ready=False ErrGetKeyPair no secret");
    }
}
