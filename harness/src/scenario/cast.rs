//! Who plays in a scenario: where they run, what they hold, how they speak.
//!
//! As written in the file. Pods, addresses and keys are the world's business; `resolve` checks what belongs together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::WireOptions;

/// Trust domain of the reference stack.
pub const TRUST_DOMAIN: &str = "x0tta6bl4.mesh";

/// Somebody in the story. Where it runs and what it holds; pods, addresses and ports are the world's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CastMember {
    /// Plays the server: the name of a workload of the reference stack, such as `proxy-api`.
    #[serde(default)]
    pub workload: Option<String>,
    /// Plays a caller: the service account of a client of the reference stack, such as `client` or `stranger`.
    #[serde(default)]
    pub client: Option<String>,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Whether the pod has a sidecar.
    #[serde(default)]
    pub mesh: Mesh,
    /// The certificate a caller presents when it speaks TLS itself.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// How a caller speaks, when not as its place in the mesh suggests.
    #[serde(default)]
    pub speaks: Option<WireOptions>,
}

impl CastMember {
    /// The identity it shows: the one made for it, else the one its service account has in the mesh.
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mesh {
    #[default]
    In,
    Out,
}

/// A certificate made for the occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// Who signs it.
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
    /// A throw-away root that nobody trusts.
    Rogue,
}
