//! The keys of a document. Those of its steps are made from the table of verbs.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;

use super::sabotage::Sabotage;
use crate::{
    api_version::ApiVersion,
    scenario::{
        model::{Isolation, Participant},
        spelling::Scalar,
        verbs::WrittenStep as Step,
    },
};

/// JSON Schema of a scenario file, for editors and for `scenarios/schema.json`.
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// [`schema`] as `scenarios/schema.json` holds it.
pub fn schema_text() -> String {
    // A schema is plain JSON: writing it into a string cannot fail.
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text + "\n"
}

/// A mutual TLS scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Scenario")]
pub(in crate::scenario) struct Document {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    pub(in crate::scenario) api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    pub(in crate::scenario) kind: Kind,
    pub(in crate::scenario) metadata: Metadata,
    /// Every requirement that some step names under `requirements`, and no other.
    pub(in crate::scenario) proves: Vec<String>,
    pub(in crate::scenario) needs: Needs,
    pub(in crate::scenario) isolation: Isolation,
    /// Constants, used as `${name}`.
    #[serde(default)]
    #[expect(dead_code, reason = "filled into the text before it is decoded")]
    pub(in crate::scenario) vars: BTreeMap<String, Scalar>,
    /// Clients and servers; `${name.spiffe}` and `${name.namespace}` may be used in steps.
    #[serde(default)]
    pub(in crate::scenario) participants: BTreeMap<String, Participant>,
    /// A failure here makes the scenario `broken`, never `fail`.
    #[serde(default)]
    pub(in crate::scenario) setup: Vec<Step>,
    /// What is judged, in order.
    #[serde(default)]
    pub(in crate::scenario) steps: Vec<Step>,
    /// Runs whatever happened before.
    #[serde(default)]
    pub(in crate::scenario) finally: Vec<Step>,
    /// Sabotages under which its checks must fail: `cargo xtask prove`.
    #[serde(default)]
    pub(in crate::scenario) sabotage: Vec<Sabotage>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::scenario) enum Kind {
    Scenario,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Metadata {
    /// Path under `scenarios/` without suffix: `strict/enforcement-grid`.
    pub(in crate::scenario) id: String,
    /// The claim, in one sentence a release manager understands.
    pub(in crate::scenario) title: String,
    #[serde(default)]
    pub(in crate::scenario) description: String,
    #[serde(default)]
    pub(in crate::scenario) tags: Vec<String>,
    pub(in crate::scenario) owner: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Needs {
    /// What the world must have: kubernetes, mesh, cert-manager, spire, istio, prometheus, alertmanager, promtool, printed-commands.
    pub(in crate::scenario) features: Vec<String>,
    /// Longest wall time, such as `5m`.
    pub(in crate::scenario) budget: String,
}
