//! The judgement of a whole run. Every type here is part of the published report. The verdicts of checks, scenarios and
//! sabotages are part of it too; their types stand with the code that makes them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Verdict,
    check::CheckVerdict,
    exit::Exit,
    proof::{Power, SabotageVerdict},
    scenario::ScenarioVerdict,
    transcript::RunFacts,
    unscripted::UnscriptedVerdict,
    waiving::WaiverVerdict,
};
use crate::{
    evidence::{control::Control, event::RunStatus, plan::Level},
    support::Support,
};

/// All verdicts on one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub run: RunFacts,
    pub status: RunStatus,
    /// The worst verdict of all scenarios and of the run itself.
    pub verdict: Verdict,
    pub decision: Decision,
    /// One per planned check, in the order of the plan.
    pub checks: Vec<CheckVerdict>,
    pub scenarios: Vec<ScenarioVerdict>,
    /// The requirements that a check of the plan names.
    pub requirements: Vec<RequirementVerdict>,
    /// Sabotages and what the checks noticed of them.
    pub sabotages: Vec<SabotageVerdict>,
    /// Unscripted changes and what the read-only scenarios noticed of them.
    pub wild: Vec<UnscriptedVerdict>,
    /// The requirements of the catalogue that no check names.
    pub unexamined: Vec<Unexamined>,
    /// The waivers of the run, and what became of each.
    pub waivers: Vec<WaiverVerdict>,
    /// Problems of the run or its record rather than of one check.
    pub problems: Vec<String>,
    pub over_budget: bool,
    /// Support windows of the examined versions; absent when the run observed no world.
    pub support: Option<Support>,
    pub exit: Exit,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decision {
    pub result: ConformanceStatus,
    /// The causes, worst first; for a conformant run, the evidence that it rests on.
    pub because: Vec<String>,
    pub world: String,
    /// Whether the result may be shown as a certificate. Always `false` today.
    pub certifies: bool,
    /// Why it does not certify.
    pub why: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConformanceStatus {
    #[default]
    CannotSay,
    Conformant,
    NotConformant,
}

impl ConformanceStatus {
    /// The status in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CannotSay => "cannot say",
            Self::Conformant => "conformant",
            Self::NotConformant => "not conformant",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequirementVerdict {
    pub id: String,
    pub text: String,
    #[schemars(with = "String")]
    pub level: Level,
    pub source: String,
    /// Controls of security frameworks that it is evidence toward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
    pub verdict: Verdict,
    pub reason: String,
    pub checks: Vec<String>,
    pub passed: usize,
    /// The detection rate: how many of the sabotages that must turn its checks red did so.
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
}

/// Whether the requirement passes although no sabotage has turned its checks red.
#[must_use]
pub fn is_unproven(requirement: &RequirementVerdict) -> bool {
    requirement.verdict == Verdict::Pass && requirement.power.proven == 0
}
