//! The configuration of a sidecar in a cluster, and the one rendered for the policies of the same cluster.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Kube, KubeError, Output, spell_code};
use serde_json::Value;

use super::{
    Difference, EnvoyError, Role, Sidecar, Sidecars, Validator,
    drift::{drift, inbound, ports},
    inbound_listener,
};
use crate::stack::istio;

/// Timeout of a dump.
const LIMIT: Duration = Duration::from_secs(20);
/// Present in every proxy image, with or without a shell.
const ASK: [&str; 3] = ["pilot-agent", "request", "GET"];

/// The inbound half of a sidecar's configuration.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The listener as istiod pushed it; `null` when there is none. It contains no key.
    pub listener: Value,
    /// The ports with filter chains of their own.
    pub ports: Vec<u64>,
    /// The differences from the rendered configuration.
    pub drift: Vec<Difference>,
}

/// Why a sidecar's configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PushedError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error(transparent)]
    Render(#[from] EnvoyError),
    #[error("the sidecar of {pod} gave no configuration and ended {}: {problem}", spell_code(*.code))]
    Dump { pod: String, code: Option<i32>, problem: String },
}

/// Compares a pod's sidecar with the templates, under the current policies of the cluster.
///
/// # Errors
///
/// When the sidecar or the API server does not answer, or a policy uses a feature that only istiod understands.
pub async fn pushed(
    kube: &Kube,
    account: &str,
    namespace: &str,
    pod: &str,
    trust_domain: &str,
) -> Result<Pushed, PushedError> {
    let dump = dump(kube, namespace, pod, "config_dump").await?;
    let policies = policies(kube).await?;
    // Addresses and folders are not compared.
    let nowhere = Ipv4Addr::LOCALHOST;
    let sidecar = Sidecar {
        account: account.to_owned(),
        namespace: namespace.to_owned(),
        certificates: "certificates".into(),
        validator: Validator::Spiffe,
        role: Role::Server { sidecar: nowhere, application: nowhere },
    };
    let all = Sidecars {
        sidecars: Vec::new(),
        policies: &policies,
        trust_domain,
        admin: (nowhere, 0).into(),
        folder: Path::new("folder"),
        shift: 0,
    };
    let ours = inbound_listener(&all, &sidecar)?;
    let listener = inbound(&dump).cloned().unwrap_or_default();
    Ok(Pushed { ports: ports(&listener), drift: drift(&dump, &ours), listener })
}

/// The response of a sidecar's admin endpoint at a path.
pub(super) async fn dump(kube: &Kube, namespace: &str, pod: &str, path: &str) -> Result<Value, PushedError> {
    let ask = [&ASK[..], &[path]].concat();
    let Output { stdout, stderr, code } = kube.exec(namespace, pod, istio::SIDECAR, &ask, &[], LIMIT).await?;
    let failed = |problem: String| PushedError::Dump { pod: format!("{namespace}/{pod}"), code, problem };
    if code != Some(0) {
        return Err(failed(stderr));
    }
    serde_json::from_str(&stdout).map_err(|error| failed(error.to_string()))
}

/// All policies: the selection for a pod is part of the comparison.
async fn policies(kube: &Kube) -> Result<Vec<DynamicObject>, KubeError> {
    let mut policies = Vec::new();
    for kind in istio::POLICY_KINDS {
        policies.extend(kube.list(istio::POLICY_VERSION, kind, None, None).await?);
    }
    Ok(policies)
}
