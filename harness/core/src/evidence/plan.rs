//! The plan: every check that a run must account for, fixed before the first step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control::Control;
use crate::expectation::{Expectations, Quantifier};

/// Everything that a run will check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub scenarios: Vec<PlannedScenario>,
    /// The requirements of the catalogue, with their texts: the rows of the report.
    pub requirements: Vec<PlannedRequirement>,
    /// Sabotages that the scenarios declare, whether or not this run tries them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sabotages: Vec<PlannedSabotage>,
    /// Unscripted changes: changes of the library under which the read-only scenarios run again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wild: Vec<PlannedUnscripted>,
}

/// A harmful change, and every scenario that runs again under it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedUnscripted {
    /// `wild!<name of the change>`: the scenario that makes the change.
    pub id: String,
    pub title: String,
    pub not_applicable: Option<String>,
    /// The scenarios that run under it, with ids of their own.
    pub trials: Vec<PlannedScenario>,
}

impl Plan {
    /// Scenarios and trials: everything that can have checks.
    pub fn every(&self) -> impl Iterator<Item = &PlannedScenario> {
        let trials = self.sabotages.iter().map(|sabotage| &sabotage.trial);
        self.scenarios.iter().chain(trials).chain(self.wild.iter().flat_map(|wild| &wild.trials))
    }
}

/// A sabotage, under which checks must turn red.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedSabotage {
    /// The id of the scenario whose checks the sabotage tests.
    pub scenario: String,
    pub says: String,
    /// The change of the library that it makes, if it uses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// Digest of the trial's actions and observations, so that the proof of another trial is not taken for it. Without
    /// `sha256:` in older records, and empty in the oldest: then the proof is repeated.
    #[serde(default, rename = "deeds", skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// Whether this run tries the sabotage. If not, the trial has no checks.
    pub tried: bool,
    /// The trial: a scenario like any other, with an id of its own.
    pub trial: PlannedScenario,
    pub red: Vec<PlannedRed>,
    /// Names of checks that must stay green.
    pub green: Vec<String>,
    /// Requirements that the red checks are evidence for.
    pub requirements: Vec<String>,
}

/// A check that must turn red, and what a violating sample of it must show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedRed {
    /// The part of its id after `#`.
    pub name: String,
    pub because: Expectations,
}

/// A scenario or a trial, with its checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedScenario {
    pub id: String,
    pub title: String,
    pub says: String,
    pub file: String,
    pub checks: Vec<PlannedCheck>,
    /// Why this world cannot run it, if so; then its checks are `not-applicable`.
    pub not_applicable: Option<String>,
}

/// A check. Its id is `<scenario>#<step>` or `<scenario>#<step>.<row>.<column>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCheck {
    pub id: String,
    pub step: String,
    pub says: String,
    /// Empty for a guard: it can turn the scenario red but proves nothing.
    pub requirements: Vec<String>,
    pub when: Quantifier,
    pub min_samples: u32,
    pub expect: Expectations,
    pub cell: Option<Cell>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Deviation>,
    /// The certificate case, for a check that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<PlannedCase>,
    /// Why this world cannot observe it although it can run the rest of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    pub line: usize,
}

/// A known violation of a hardening requirement, as the scenario records it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    /// The requirement.
    pub from: String,
    /// The facts that are observed instead of the demanded ones.
    pub shows: Expectations,
    pub because: String,
    /// Requirements that limit the harm.
    pub compensated_by: Vec<String>,
}

/// A certificate with one flaw, presented to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCase {
    pub group: String,
    /// The standard and its section: `RFC 5280 §6.1.3`.
    pub standard: String,
    /// `must`, `should` or `local`.
    pub level: String,
    /// The severity of the opposite answer: `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// The answer that the standard leads to.
    pub ideal: String,
}

/// The position of a check in its handshake grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub grid: String,
    pub row: String,
    pub column: String,
    /// The legend word the author wrote, such as `mtls` or `closed`.
    pub legend: String,
}

/// A requirement of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRequirement {
    pub id: String,
    pub text: String,
    pub level: Level,
    pub source: String,
    /// Controls of security frameworks that it is evidence toward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
}

/// The level of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Core,
    Extended,
    Hardening,
}
