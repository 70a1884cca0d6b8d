//! Prometheus, Alertmanager and the notification receiver, accessed through the API server's service proxy.

use mtls_kubernetes::{Kube, KubeError, Reference};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The namespace of the monitoring programs.
pub const NAMESPACE: &str = "monitoring";

pub(super) fn programs() -> Vec<Reference> {
    ["prometheus", "alertmanager", "receiver"]
        .map(|name| Reference::new("apps/v1", "Deployment", Some(NAMESPACE), name))
        .into()
}

/// Why monitoring cannot be queried.
#[derive(Debug, thiserror::Error)]
pub enum MonitoringError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error("{what} did not answer with JSON: {start}")]
    NotJson { what: &'static str, start: String },
    #[error("Prometheus refused the query: {0}")]
    Refused(String),
}

/// Runs an instant query; returns the `result` list of the answer.
///
/// # Errors
///
/// When Prometheus does not answer or refuses the expression.
pub async fn query(kube: &Kube, expression: &str) -> Result<Vec<Value>, MonitoringError> {
    let encoded = utf8_percent_encode(expression, RESERVED);
    let text = kube.proxy_get(NAMESPACE, "prometheus:9090", &format!("/api/v1/query?query={encoded}")).await?;
    let answer = parse("Prometheus", &text)?;
    if answer["status"] != "success" {
        return Err(MonitoringError::Refused(answer["error"].as_str().unwrap_or("no reason given").to_owned()));
    }
    Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default())
}

/// Alerts that are pending or firing now.
pub async fn alerts(kube: &Kube) -> Result<Vec<Value>, MonitoringError> {
    let text = kube.proxy_get(NAMESPACE, "prometheus:9090", "/api/v1/alerts").await?;
    Ok(parse("Prometheus", &text)?["data"]["alerts"].as_array().cloned().unwrap_or_default())
}

/// Every alerting rule that is loaded.
pub async fn rules(kube: &Kube) -> Result<Vec<Value>, MonitoringError> {
    let text = kube.proxy_get(NAMESPACE, "prometheus:9090", "/api/v1/rules?type=alert").await?;
    let answer = parse("Prometheus", &text)?;
    let groups = answer["data"]["groups"].as_array().cloned().unwrap_or_default();
    Ok(groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect())
}

/// The notifications received so far: `{received, body}` each, body as Alertmanager's webhook defines it.
pub async fn notifications(kube: &Kube) -> Result<Vec<Value>, MonitoringError> {
    let text = kube.proxy_get(NAMESPACE, "receiver:9099", "/notifications").await?;
    Ok(parse("the receiver", &text)?.as_array().cloned().unwrap_or_default())
}

/// Everything but unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn parse(what: &'static str, text: &str) -> Result<Value, MonitoringError> {
    serde_json::from_str(text).map_err(|_| MonitoringError::NotJson { what, start: text.chars().take(120).collect() })
}
