//! What the judge says. Every type here is part of the published report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Decision, Exit, Power, SabotageVerdict, Verdict, WildVerdict};
use crate::{
    evidence::{
        event::{Ending, RunStatus},
        plan::{Cell, Level, PlannedCase},
    },
    support::Support,
};

/// Everything that follows from one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub run: RunFacts,
    pub status: RunStatus,
    /// The worst of all scenarios and of what happened to the run itself.
    pub verdict: Verdict,
    pub decision: Decision,
    /// One per planned check, in the order of the plan.
    pub checks: Vec<CheckVerdict>,
    pub scenarios: Vec<ScenarioVerdict>,
    /// Those that a check of the plan names.
    pub requirements: Vec<RequirementVerdict>,
    /// What the checks were seen to notice.
    pub sabotages: Vec<SabotageVerdict>,
    /// What the read-only scenarios noticed of mistakes that they know nothing of.
    pub wild: Vec<WildVerdict>,
    /// The rest of the catalogue.
    pub unexamined: Vec<Unexamined>,
    /// What went wrong with the run or its record rather than with one check.
    pub problems: Vec<String>,
    pub over_budget: bool,
    /// Until when what was examined is supported; nothing when no world was looked at.
    pub support: Option<Support>,
    pub exit: Exit,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunFacts {
    pub id: String,
    pub harness: String,
    pub world: String,
    pub world_detail: String,
    pub arguments: Vec<String>,
    /// Ways in which the reference client was wrong on purpose; normally none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_faults: Vec<String>,
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckVerdict {
    pub id: String,
    pub scenario: String,
    pub step: String,
    pub says: String,
    /// Empty for a guard.
    pub requirements: Vec<String>,
    pub verdict: Verdict,
    pub reason: String,
    pub account: Account,
    pub marks: Vec<Mark>,
    /// When the expectations had to hold, in words.
    pub when: String,
    pub samples: usize,
    pub min_samples: u32,
    #[schemars(with = "Option<String>")]
    pub first: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
    /// Time it took or held, where time was demanded, and what was allowed or asked for.
    pub elapsed_ms: Option<u64>,
    pub limit_ms: Option<u64>,
    /// The demand in one line, and what the deciding samples showed.
    pub expected: String,
    pub observed: String,
    /// The deciding sample, path by path.
    pub comparisons: Vec<Comparison>,
    /// Outcomes of all samples that have one, with their number.
    pub outcomes: BTreeMap<String, u32>,
    /// Where the facts came from.
    pub sources: BTreeSet<String>,
    /// SHA-256 of the files under `evidence/`.
    pub evidence: Vec<String>,
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub cell: Option<Cell>,
    /// What the check is about, when it is a certificate case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<PlannedCase>,
    pub line: usize,
}

/// How the run accounts for a planned check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// Not observed, and the record says why.
    Explained,
    /// Not observed, and nothing in the record says why.
    Missing,
    Observed,
}

/// A remark beside a verdict that does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Samples that had to agree did not.
    Flaky,
    /// No recorded sabotage turned the check red.
    Unproven,
}

/// One path into the facts: demanded and seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    pub path: String,
    pub expected: String,
    pub observed: String,
    pub met: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScenarioVerdict {
    pub id: String,
    pub title: String,
    pub says: String,
    pub file: String,
    pub verdict: Verdict,
    pub reason: String,
    /// How many checks the plan has for it.
    pub checks: usize,
    pub took_ms: Option<u64>,
    pub steps: Vec<StepFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepFacts {
    pub step: String,
    #[schemars(with = "BTreeMap<String, String>")]
    pub ending: Ending,
    pub took_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequirementVerdict {
    pub id: String,
    pub text: String,
    #[schemars(with = "String")]
    pub level: Level,
    pub source: String,
    pub verdict: Verdict,
    pub reason: String,
    pub checks: Vec<String>,
    pub passed: usize,
    /// How many sabotages turned its checks red, of those that should.
    pub power: Power,
}

/// A requirement that no check of this run names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unexamined {
    pub id: String,
    pub text: String,
    #[schemars(with = "String")]
    pub level: Level,
    pub source: String,
}
