//! The keys of a sabotage, and of a change in the library.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    api_version::ApiVersion,
    scenario::{
        model::{Mode, Participant},
        spelling::{MatcherShape, Scalar},
        verbs::WrittenStep as Step,
    },
};

/// What is broken on purpose, which checks must fail and how, and which must still pass.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::scenario) struct Sabotage {
    pub(in crate::scenario) id: String,
    /// The mistake that it stands for. Default: the title of the change in the library.
    pub(in crate::scenario) description: Option<String>,
    /// A change of the library: its name under `scenarios/library/`.
    #[serde(rename = "use")]
    pub(in crate::scenario) library: Option<String>,
    /// Values for the variables of that change.
    #[serde(default)]
    #[expect(dead_code, reason = "read from the node, which knows the kind of each value")]
    pub(in crate::scenario) with: BTreeMap<String, Scalar>,
    /// The change, when it is not from the library.
    #[serde(rename = "do", default)]
    pub(in crate::scenario) steps: Vec<Step>,
    /// The proof that it is live.
    pub(in crate::scenario) confirm: Option<Box<Step>>,
    /// What holds again after it is undone, where that is later than `confirm` ceases to hold.
    pub(in crate::scenario) recovered: Option<Box<Step>>,
    #[serde(default)]
    pub(in crate::scenario) mode: Mode,
    /// For `mode: full`: the step after which the fault is made; default: before the first.
    pub(in crate::scenario) after: Option<String>,
    /// Check (`step`, `grid.client.port`, with `*`) → what a violating sample must show.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, MatcherShape>>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    pub(in crate::scenario) must_fail: BTreeMap<String, BTreeMap<String, Value>>,
    /// Checks that must pass under it.
    #[serde(default)]
    pub(in crate::scenario) must_pass: Vec<String>,
}

/// A fault that many scenarios may use.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Sabotage")]
pub(in crate::scenario) struct ChangeDocument {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    pub(in crate::scenario) api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    pub(in crate::scenario) kind: ChangeKind,
    pub(in crate::scenario) metadata: ChangeMetadata,
    pub(in crate::scenario) needs: ChangeNeeds,
    /// Values that the scenario that uses it may replace.
    #[serde(default)]
    #[expect(dead_code, reason = "filled into the text before it is decoded")]
    pub(in crate::scenario) vars: BTreeMap<String, Scalar>,
    /// Participants of the proof.
    #[serde(default)]
    pub(in crate::scenario) participants: BTreeMap<String, Participant>,
    #[serde(rename = "do", default)]
    pub(in crate::scenario) steps: Vec<Step>,
    pub(in crate::scenario) confirm: Option<Box<Step>>,
    /// What holds again after it is undone, where that is later than `confirm` ceases to hold.
    pub(in crate::scenario) recovered: Option<Box<Step>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::scenario) enum ChangeKind {
    Sabotage,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct ChangeMetadata {
    /// Name of the file without suffix.
    pub(in crate::scenario) id: String,
    /// The mistake that it stands for, in one sentence.
    pub(in crate::scenario) title: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct ChangeNeeds {
    /// What the world must have, as for a scenario.
    pub(in crate::scenario) features: Vec<String>,
}
