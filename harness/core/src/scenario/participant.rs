//! Participants of a scenario: where they run, which certificate they hold, what they send.
//!
//! As written in the file. Pods, addresses and keys belong to the world; `resolve` checks which keys go together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::WireOptions;

/// Trust domain of the reference stack.
pub const TRUST_DOMAIN: &str = "x0tta6bl4.mesh";

/// A client or a server of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Participant {
    /// A server: the name of a workload of the reference stack, such as `proxy-api`.
    #[serde(default)]
    pub workload: Option<String>,
    /// A client: the service account of a client of the reference stack, such as `client` or `stranger`.
    #[serde(default)]
    pub client: Option<String>,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Whether the pod has a sidecar; default `true`.
    #[serde(default = "with_sidecar")]
    pub sidecar: bool,
    /// The certificate a caller presents when it uses TLS itself.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// What a client sends, where it is not the usual traffic of its place in the mesh.
    #[serde(default)]
    pub wire: Option<WireOptions>,
}

impl Participant {
    /// The identity it presents: its ephemeral one, else the one its service account has in the mesh.
    pub fn spiffe(&self) -> String {
        match (&self.identity, self.account()) {
            (Some(identity), _) => identity.spiffe.clone(),
            (None, account) => format!("spiffe://{TRUST_DOMAIN}/ns/{}/sa/{account}", self.namespace),
        }
    }

    /// The service account of its pod.
    pub fn account(&self) -> &str {
        self.client.as_deref().or(self.workload.as_deref()).unwrap_or_default()
    }
}

/// An ephemeral certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// The CA that signs it.
    pub issuer: IdentityIssuer,
    /// The URI SAN.
    pub spiffe: String,
    /// How long it is good for, from when it is made, at least `4s`; default: longer than any run. For `mesh` only.
    #[serde(default)]
    pub lifetime: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityIssuer {
    /// The mesh's own intermediate, through a `CertificateRequest`.
    Mesh,
    /// An ephemeral root that no program trusts.
    Rogue,
}

fn with_sidecar() -> bool {
    true
}
