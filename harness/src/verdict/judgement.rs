//! What the judge says of a whole run. Every type here is part of the published report, as are those of a check, a scenario and a
//! sabotage, which stand with the code that makes them.

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
};
use crate::{
    evidence::{event::RunStatus, plan::Level},
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
    pub wild: Vec<UnscriptedVerdict>,
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
pub struct Decision {
    pub result: ConformanceStatus,
    /// The causes, worst first; for a conformant run, what it rests on.
    pub because: Vec<String>,
    pub world: String,
    /// Whether the result may be shown as a certificate; `false` until sabotage is part of the record.
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

/// Whether a green requirement has never been seen otherwise.
#[must_use]
pub fn is_unproven(requirement: &RequirementVerdict) -> bool {
    requirement.verdict == Verdict::Pass && requirement.power.proven == 0
}
