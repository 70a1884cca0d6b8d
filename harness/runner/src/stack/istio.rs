//! Istio: istiod, the gate on rejected configuration, and the access log of sidecars.

use std::time::Duration;

use jiff::Timestamp;
use mtls_engine::wait::{Check, until};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Kube, KubeError, Reference};
use serde::Serialize;
use serde_json::Value;

/// The namespace of istiod, which is also Istio's root namespace.
pub const NAMESPACE: &str = "istio-system";
/// The name of the sidecar's container.
pub const SIDECAR: &str = "istio-proxy";

/// The ALPN name by which sidecars recognise each other.
pub const PEERS: &str = "istio";
/// The kinds of objects that control access between workloads.
pub const POLICY_KINDS: [&str; 2] = ["AuthorizationPolicy", "PeerAuthentication"];
/// The `apiVersion` of policies.
pub const POLICY_VERSION: &str = "security.istio.io/v1";
/// The API group of policies.
pub const POLICY_GROUP: &str = "security.istio.io";

/// Queries istiod for the state of every sidecar; the program is part of its image, with or without a shell.
const SYNC_STATE: [&str; 4] = ["pilot-discovery", "request", "GET", "/debug/syncz"];
const SYNC_LIMIT: Duration = Duration::from_secs(20);

/// The synchronisation state of one sidecar, from istiod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Synced {
    pub pod: String,
    /// The Istio version of the sidecar.
    pub version: String,
    /// The resource types (clusters, listeners, routes, endpoints) whose newest version the sidecar has not accepted.
    pub behind: Vec<&'static str>,
}

/// The sidecars of a namespace, from istiod.
///
/// # Errors
///
/// When istiod does not answer.
pub async fn proxy_status(kube: &Kube, namespace: &str) -> Result<Vec<Synced>, KubeError> {
    let refused = |last: String| KubeError::Refused { object: "istiod".to_owned(), last };
    let istiod = kube.ready_pod(NAMESPACE, "app=istiod").await?.and_then(|pod| pod.metadata.name);
    let istiod = istiod.ok_or_else(|| refused("no pod of it is ready".to_owned()))?;
    let output = kube.exec(NAMESPACE, &istiod, "discovery", &SYNC_STATE, b"", SYNC_LIMIT).await?;
    let states: Vec<Value> = serde_json::from_str(output.stdout.trim())
        .map_err(|error| refused(format!("its answer about the sidecars is not a list: {error}")))?;
    Ok(synced(&states, namespace))
}

/// Whether an object is an access policy, from which Envoy is configured even without an istiod.
pub fn is_policy(object: &DynamicObject) -> bool {
    object.types.as_ref().is_some_and(|types| is_policy_kind(&types.api_version, &types.kind))
}

/// The same for an `apiVersion` and a kind.
pub fn is_policy_kind(api_version: &str, kind: &str) -> bool {
    api_version.split('/').next() == Some(POLICY_GROUP) && POLICY_KINDS.contains(&kind)
}

pub(super) fn programs() -> Vec<Reference> {
    vec![Reference::new("apps/v1", "Deployment", Some(NAMESPACE), "istiod")]
}

/// Waits until istiod serves configuration and no proxy has rejected any.
///
/// # Errors
///
/// The rejected configuration types: a proxy that rejects one keeps running with an older policy.
pub async fn wait_without_rejects(kube: &Kube, limit: Duration) -> Result<(), KubeError> {
    let waited = until(
        "istiod pushing configuration without a rejection",
        limit,
        Duration::from_millis(500),
        async || match kube.proxy_get(NAMESPACE, "istiod:15014", "/metrics").await {
            Ok(metrics) => match rejections(&metrics) {
                rejected if rejected.is_empty() => Check::Ready(()),
                rejected => Check::Permanent(format!("proxies rejected {}", rejected.join(", "))),
            },
            Err(error) => Check::NotYet(error.to_string()),
        },
    );
    waited.await.map_err(KubeError::from)
}

/// Access-log entries of a sidecar for traffic since an instant; lines that are not JSON are Envoy's own messages.
///
/// # Errors
///
/// When the log cannot be read.
pub async fn access_log(kube: &Kube, namespace: &str, pod: &str, since: Timestamp) -> Result<Vec<Value>, KubeError> {
    let text = kube.logs(namespace, pod, SIDECAR, since).await?;
    let entries = text.lines().filter(|line| line.starts_with('{')).filter_map(|line| serde_json::from_str(line).ok());
    Ok(entries.filter(|entry| began(entry, since)).collect())
}

/// Whether an entry's start is not before `since`, in Envoy's millisecond precision; an entry without a start is kept.
fn began(entry: &Value, since: Timestamp) -> bool {
    let start = entry["start"].as_str().and_then(|start| start.parse::<Timestamp>().ok());
    start.is_none_or(|start| start.as_millisecond() >= since.as_millisecond())
}

fn synced(states: &[Value], namespace: &str) -> Vec<Synced> {
    let suffix = format!(".{namespace}");
    let mut all = Vec::new();
    for state in states {
        let Some(pod) = state["proxy"].as_str().and_then(|proxy| proxy.strip_suffix(&suffix)) else { continue };
        let version = state["istio_version"].as_str().unwrap_or_default().to_owned();
        let is_behind = |what: &&str| {
            let of = |end: &str| state[format!("{what}_{end}")].as_str().filter(|version| !version.is_empty());
            of("sent").is_none() || of("sent") != of("acked")
        };
        let behind = ["cluster", "listener", "route", "endpoint"].into_iter().filter(is_behind).collect();
        all.push(Synced { pod: pod.to_owned(), version, behind });
    }
    all
}

/// Non-zero samples of `pilot_total_xds_rejects` (istiod `pilot/pkg/xds/monitoring.go`), with their labels.
fn rejections(metrics: &str) -> Vec<String> {
    metrics
        .lines()
        .filter(|line| line.starts_with("pilot_total_xds_rejects"))
        .filter(|line| {
            line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).is_none_or(|value| value > 0.0)
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_as_old_as_what_it_is_about() {
        let since = "2026-01-01T00:00:10.500900Z".parse().unwrap();
        let is_new = |start: Value| began(&json!({"start": start}), since);
        assert!(
            is_new(json!("2026-01-01T00:00:10.500Z")) && is_new(json!("2026-01-01T00:00:11Z")) && is_new(json!(null))
        );
        assert!(!is_new(json!("2026-01-01T00:00:10.499Z")));
    }

    #[test]
    fn what_was_never_sent_or_not_accepted_is_behind() {
        let state = |pod: &str, acked: &str| {
            json!({
                "proxy": pod, "istio_version": "1.31.0", "cluster_sent": "1", "cluster_acked": "1", "listener_sent": "2",
                "listener_acked": acked, "endpoint_sent": "1", "endpoint_acked": "1", "route_sent": "", "route_acked": "",
            })
        };
        let states = [state("a.here", "2"), state("b.here", "1"), state("c.elsewhere", "2")];
        let seen: Vec<_> = synced(&states, "here").into_iter().map(|synced| (synced.pod, synced.behind)).collect();
        assert_eq!(seen, [("a".to_owned(), vec!["route"]), ("b".to_owned(), vec!["listener", "route"])]);
    }

    #[test]
    fn a_rejection_is_found_and_zero_is_not_one() {
        let metrics = "# TYPE pilot_total_xds_rejects counter\npilot_total_xds_rejects{type=\"lds\"} 2\npilot_total_xds_rejects{type=\"cds\"} 0\n";
        assert_eq!(rejections(metrics), ["pilot_total_xds_rejects{type=\"lds\"} 2"]);
    }
}
