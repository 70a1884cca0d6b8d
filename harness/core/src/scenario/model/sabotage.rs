//! Sabotages: what is broken on purpose, which checks must fail and how, and which must pass. How a trial is made of one is not here.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Participant, Step};
use crate::{expectation::Expectations, scenario::pattern::matches};

/// One fault under which checks of a scenario must fail.
#[derive(Clone, Debug)]
pub struct Sabotage {
    pub id: String,
    pub description: String,
    pub change: Change,
    pub mode: Mode,
    /// For `Mode::Full`, the step after which the fault is made; default: before the first.
    pub after: Option<String>,
    /// Names of checks (what stands behind the `#`), with `*` → what a violating sample of each must show.
    pub must_fail: Vec<(String, Expectations)>,
    pub must_pass: Vec<String>,
    /// Line in its file, from 1.
    pub line: usize,
}

/// A fault and the proof that it is live. Undone as every change is.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its name under `scenarios/library/`, when it is from there.
    pub library: Option<String>,
    pub features: BTreeSet<String>,
    /// Further participants, for the proof.
    pub participants: BTreeMap<String, Participant>,
    pub steps: Vec<Step>,
    pub confirm: Box<Step>,
    /// What holds again after it is undone, where that is later than `confirm` ceases to hold.
    pub recovered: Option<Box<Step>>,
}

/// How a trial is made from its scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// All steps again, with the fault from the start or after a step: for rotations and outages.
    Full,
    /// Set-up, fault, only the steps that own the named checks, undo.
    #[default]
    NamedChecks,
}

impl Sabotage {
    /// What a check with this name must show when it fails; `None` when it need not fail.
    pub fn failing(&self, name: &str) -> Option<&Expectations> {
        self.must_fail.iter().find(|(pattern, _)| matches(pattern, name)).map(|(_, shown)| shown)
    }

    /// Whether a check with this name must pass.
    pub fn passing(&self, name: &str) -> bool {
        self.must_pass.iter().any(|pattern| matches(pattern, name))
    }
}
