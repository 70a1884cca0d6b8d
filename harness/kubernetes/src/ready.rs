//! Decides whether an object is ready, by its kind.

use kube::api::DynamicObject;
use mtls_engine::wait::Check;
use serde_json::Value;

use super::{Kube, KubeError};

impl Kube {
    /// A Ready pod that matches the label selector; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the API server does not answer or refuses.
    pub async fn ready_pod(&self, namespace: &str, selector: &str) -> Result<Option<DynamicObject>, KubeError> {
        let pods = self.list("v1", "Pod", Some(namespace), Some(selector)).await?;
        Ok(pods.into_iter().find(pod_is_ready))
    }
}

/// Whether a pod is Ready and not terminating.
fn pod_is_ready(pod: &DynamicObject) -> bool {
    let conditions = pod.data["status"]["conditions"].as_array();
    let ready = conditions
        .is_some_and(|list| list.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True"));
    ready && pod.metadata.deletion_timestamp.is_none()
}

/// Whether the object is ready, or what is still missing. An object of a kind without readiness is ready when it
/// exists.
pub fn readiness(object: &DynamicObject) -> Check<()> {
    let Some(types) = &object.types else {
        return Check::Permanent("it has no kind".to_owned());
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
    let expected = object.metadata.generation?;
    (observed < expected).then(|| format!("generation {observed} observed, {expected} expected"))
}

fn counted(data: &Value, expected: &str, have: &str, also: Option<&str>) -> Check<()> {
    let expected = data.pointer(&format!("/spec/{expected}")).and_then(Value::as_i64).unwrap_or(1);
    let count = |field: &str| data.pointer(&format!("/status/{field}")).and_then(Value::as_i64).unwrap_or(0);
    let total = count("replicas");
    if count(have) >= expected && total <= expected && also.is_none_or(|field| count(field) >= expected) {
        Check::Ready(())
    } else {
        Check::NotYet(format!("{} of {expected} {have}", count(have)))
    }
}

fn daemon_set(data: &Value) -> Check<()> {
    let count = |field: &str| data.pointer(&format!("/status/{field}")).and_then(Value::as_i64).unwrap_or(0);
    let (expected, ready) = (count("desiredNumberScheduled"), count("numberReady"));
    if expected > 0 && ready >= expected && count("updatedNumberScheduled") >= expected {
        Check::Ready(())
    } else {
        Check::NotYet(format!("{ready} of {expected} ready"))
    }
}

fn condition(data: &Value, expected: &str) -> Check<()> {
    let conditions = data.pointer("/status/conditions").and_then(Value::as_array);
    let Some(found) = conditions.and_then(|list| list.iter().find(|condition| condition["type"] == expected)) else {
        return Check::NotYet(format!("no condition {expected} yet"));
    };
    if found["status"] == "True" {
        return Check::Ready(());
    }
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    Check::NotYet(format!("{expected}={} {} {}", text("status"), text("reason"), text("message")).trim().to_owned())
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
    fn the_missing_condition_is_named() {
        let Check::NotYet(missing) = readiness(&object(
            "{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: a}, status: {conditions: [{type: Ready, status: 'False', reason: ErrGetKeyPair, message: no secret}]}}",
        )) else {
            panic!("must not be ready");
        };
        assert_eq!(missing, "Ready=False ErrGetKeyPair no secret");
    }
}
