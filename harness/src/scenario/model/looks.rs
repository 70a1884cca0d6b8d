//! What the verbs that look at one member or one Secret, or act on one program, are told. How they look is not here: see `run::steps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Certificates at rest or delivered: facts `leaf.*`, `chain.*`, `anchor.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inspect {
    /// A `kubernetes.io/tls` Secret as `namespace/name`; its private key is only compared, never stored.
    #[serde(default)]
    pub secret: Option<String>,
    /// The secret a sidecar holds (through its admin endpoint), of this cast member.
    #[serde(default)]
    pub sidecar: Option<String>,
    /// Secret whose `ca.crt` is the only anchor the chain is validated against. Default: its own `ca.crt`.
    #[serde(default)]
    pub anchor: Option<String>,
}

/// What a server's sidecar was given, compared with what its policies ask for: facts `drift.*`, `ports.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvoyConfig {
    /// Cast member that plays the server.
    pub of: String,
}

/// What istiod says of the sidecars of a namespace: facts `pods`, `missing`, `out-of-sync.*`, `versions`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProxyStatus {
    pub namespace: String,
}

/// Applies a tree of the world once more: facts `objects`, `unchanged`, `changed`, `created`, `certificates`, `reissued`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reapply {
    /// A folder of the infrastructure trees, such as `mtls`.
    pub tree: String,
}

/// Makes a Secret's `ca.crt` the roots of other Secrets, one after the other: a trust store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trust {
    /// The Secret, as `namespace/name`; it must exist.
    pub store: String,
    /// Secrets, as `namespace/name`, whose `ca.crt` is believed from now on.
    pub roots: Vec<String>,
}

/// Runs a program in a container of the first Ready pod: for changes that no object stands for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exec {
    pub namespace: String,
    /// Label selector of the pods.
    pub selector: String,
    pub container: String,
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// What undoes it; it may fail when there is nothing to undo.
    pub undo: Vec<String>,
}

/// Makes a reference program wrong on purpose. Undone as every change is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Weaken {
    /// Faults of the reference client: words of `fixtures/client/README.md`.
    #[serde(default)]
    pub client: Vec<String>,
    #[serde(default)]
    pub workload: Option<WeakWorkload>,
}

/// A reference workload whose own TLS judges clients otherwise.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeakWorkload {
    /// Cast member that plays it.
    pub of: String,
    pub verify: Verify,
}

/// What a reference workload does with client certificates (`fixtures/workload/README.md`, `VERIFY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    AcceptAnything,
    Strict,
}

impl Verify {
    /// The value of the workload's variable.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AcceptAnything => "accept-anything",
            Self::Strict => "strict",
        }
    }
}

/// Fetches an SVID through the Workload API from inside a client pod.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SvidRequest {
    pub of: String,
    pub kind: SvidKind,
    #[serde(default)]
    pub audience: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SvidKind {
    Jwt,
    X509,
}
