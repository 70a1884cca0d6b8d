//! Parameters of the verbs that observe one participant or one Secret, or act on one program. How they observe is not here: see `run::steps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Certificates at rest or delivered: facts `leaf.*`, `chain.*`, `anchor.*`, `path.*`; of a sidecar also `bundle.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inspect {
    /// A `kubernetes.io/tls` Secret as `namespace/name`; its private key is only compared, never stored.
    #[serde(default)]
    pub secret: Option<String>,
    /// The secret a sidecar holds (through its admin endpoint), of this participant.
    #[serde(default)]
    pub sidecar: Option<String>,
    /// Secret, or where there is none the `ConfigMap` of that name, whose `ca.crt` is the only anchor the chain is validated against. Default: its
    /// own `ca.crt`, or the sidecar's bundle.
    #[serde(default)]
    pub anchor: Option<String>,
    /// Secret of a CA. The fact `of-issuer` then says whether it signed the leaf, whose chain has its certificate.
    #[serde(default)]
    pub issuer: Option<String>,
}

/// What a server's sidecar was given, compared with what its policies ask for: facts `drift.*`, `ports.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvoyConfig {
    /// The server.
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

/// Makes the `ca.crt` of Secrets, one after the other, the content of a trust store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trust {
    /// A trust-manager Bundle by name, or a Secret as `namespace/name`; it must exist.
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

/// Makes a reference program, or a rule for alerts, wrong on purpose. Undone as every change is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Misconfigure {
    /// Faults of the reference client: words of `fixtures/client/README.md`.
    #[serde(default)]
    pub client: Vec<String>,
    #[serde(default)]
    pub workload: Option<WorkloadFaults>,
    #[serde(default)]
    pub rules: Option<RuleFault>,
}

/// One rule of a rule file, changed where `rules` reads it. What Prometheus has loaded is not touched.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFault {
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

impl RuleFault {
    /// Whether anything is changed.
    pub fn is_empty(&self) -> bool {
        self.expr.as_ref().is_none_or(|text| text.replace == text.by) && self.merge.is_empty() && !self.gone
    }
}

/// A reference workload that does not do as it should, in at least one way.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkloadFaults {
    /// The workload.
    pub of: String,
    #[serde(default)]
    pub verify: Verify,
    #[serde(default)]
    pub reload: Reload,
    #[serde(default)]
    pub answers: Answers,
}

impl WorkloadFaults {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        let healthy = (Verify::default(), Reload::default(), Answers::default());
        (self.verify, self.reload, self.answers) == healthy
    }
}

/// What a reference workload does with client certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    AcceptAnything,
    #[default]
    Strict,
}

/// Whether it notices new files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    Never,
    #[default]
    OnChange,
}

/// Whether it answers every request, or leaves out every tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    #[default]
    All,
    Most,
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
