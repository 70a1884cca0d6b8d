//! What the verbs that look at one member or one Secret, or act on one program, are told. How they look is not here: see `run::steps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// Makes a reference program, or a rule for alerts, wrong on purpose. Undone as every change is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Weaken {
    /// Faults of the reference client: words of `fixtures/client/README.md`.
    #[serde(default)]
    pub client: Vec<String>,
    #[serde(default)]
    pub workload: Option<WeakWorkload>,
    #[serde(default)]
    pub rules: Option<WeakRules>,
}

/// One rule of a rule file, changed where `rules` reads it. What Prometheus has loaded is not touched.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeakRules {
    /// Named by tree and path, such as `mtls/monitoring/rules/corrected.rules.yaml`.
    pub file: String,
    /// Whose rule it is.
    pub alert: String,
    #[serde(default)]
    pub expr: Option<OtherText>,
    /// JSON merge patch of the rule.
    #[serde(default)]
    pub merge: Map<String, Value>,
    /// The file has no such rule any more.
    #[serde(default)]
    pub gone: bool,
}

/// Text, and what takes its place wherever it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OtherText {
    pub replace: String,
    pub by: String,
}

impl WeakRules {
    /// Whether anything is changed.
    pub fn is_empty(&self) -> bool {
        self.expr.as_ref().is_none_or(|text| text.replace == text.by) && self.merge.is_empty() && !self.gone
    }
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
