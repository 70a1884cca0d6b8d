//! SPIRE: server and agent.

use std::time::Duration;

use mtls_kubernetes::{Kube, KubeError, Reference};
use serde_json::Value;

/// The namespace of server and agent.
pub const NAMESPACE: &str = "spire-system";
/// The API group of registrations (spire-controller-manager).
pub(super) const GROUP: &str = "spire.spiffe.io";
/// The trust domain of the reference document.
pub const TRUST_DOMAIN: &str = "x0tta6bl4.mesh";

/// Timeout of one server command, which may contact the upstream authority.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Why the server could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SpireError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error("no ready pod of spire-server in {NAMESPACE}")]
    NoServer,
    #[error("`spire-server {command}`: {output}")]
    Command { command: String, output: String },
}

/// Makes the server prepare a new X.509 authority and activate it. Returns its id: the authority key id of the
/// certificates that it signs. The previous authority stays in the bundle, and its certificates stay valid.
///
/// # Errors
///
/// When no server is ready, or it refuses.
pub async fn next_authority(kube: &Kube) -> Result<String, SpireError> {
    let prepared = server(kube, &["localauthority", "x509", "prepare"]).await?;
    let id = prepared["prepared_authority"]["authority_id"].as_str().unwrap_or_default();
    server(kube, &["localauthority", "x509", "activate", "-authorityID", id]).await?;
    Ok(id.to_owned())
}

async fn server(kube: &Kube, arguments: &[&str]) -> Result<Value, SpireError> {
    let pod = kube.ready_pod(NAMESPACE, "app=spire-server").await?.and_then(|pod| pod.metadata.name);
    let pod = pod.ok_or(SpireError::NoServer)?;
    let command = [&["/opt/spire/bin/spire-server"], arguments, &["-output", "json"]].concat();
    let output = kube.exec(NAMESPACE, &pod, "spire-server", &command, b"", COMMAND_LIMIT).await?;
    let refused = |output: &str| SpireError::Command { command: arguments.join(" "), output: output.trim().to_owned() };
    if output.code != Some(0) {
        return Err(refused(&format!("{}{}", output.stderr, output.stdout)));
    }
    serde_json::from_str(&output.stdout).map_err(|error| refused(&format!("its answer is not JSON: {error}")))
}

pub(super) fn programs() -> Vec<Reference> {
    vec![
        Reference::new("apps/v1", "StatefulSet", Some(NAMESPACE), "spire-server"),
        Reference::new("apps/v1", "DaemonSet", Some(NAMESPACE), "spire-agent"),
    ]
}
