//! Whether checks can fail: the verdict on each sabotage, and the detection rate of each requirement.
//!
//! A trial is judged like any scenario; this module compares its verdicts with those that the sabotage declares. It
//! does not judge the product: a red check of a trial never counts against it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Verdict, check::CheckVerdict, scenario::judge_scenario, transcript::Transcript};
use crate::{
    evidence::{
        event::Ending,
        plan::{Plan, PlannedRed, PlannedSabotage},
    },
    scenario::trial::STEP,
};

/// The result of a sabotage. From best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The world lacks a feature that the sabotage needs.
    NotApplicable,
    /// The trial was not part of this run.
    NotTried,
    /// Every named check turned red for the stated reason, and the others stayed green.
    Proven,
    /// Undecided: the sabotage was not confirmed live, or a check was not green before, or a check was `broken`.
    Unconfirmed,
    /// A named check turned red for another reason, or a check turned red that must stay green.
    WrongReason,
    /// The sabotage was undetected: a named check stayed green, so it cannot fail or observes something else.
    Toothless,
}

impl Proof {
    pub const ALL: [Self; 6] =
        [Self::Toothless, Self::WrongReason, Self::Unconfirmed, Self::Proven, Self::NotTried, Self::NotApplicable];

    /// The word used in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::NotTried => "not-tried",
            Self::Proven => "proven",
            Self::Unconfirmed => "unconfirmed",
            Self::WrongReason => "wrong-reason",
            Self::Toothless => "toothless",
        }
    }

    /// The verdict whose symbol and colour reports use for it.
    #[must_use]
    pub const fn shown_as(self) -> Verdict {
        match self {
            Self::Proven => Verdict::Pass,
            Self::Toothless | Self::WrongReason => Verdict::Fail,
            Self::Unconfirmed => Verdict::Broken,
            Self::NotTried | Self::NotApplicable => Verdict::NotApplicable,
        }
    }

    /// Whether the trial did not show what it must.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Unconfirmed | Self::WrongReason | Self::Toothless)
    }
}

/// One sabotage and the result of its trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SabotageVerdict {
    pub id: String,
    pub scenario: String,
    pub says: String,
    /// The change of the library that it makes, if it uses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    pub proof: Proof,
    pub reason: String,
    /// Checks that must turn red, each with its result.
    pub red: Vec<Trial>,
    /// Checks that must stay green.
    pub green: Vec<Trial>,
    /// Requirements that the red checks are evidence for.
    pub requirements: Vec<String>,
    pub took_ms: Option<u64>,
}

/// A check under a sabotage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Trial {
    /// The id of the check in the scenario.
    pub check: String,
    pub proof: Proof,
    /// The verdict under the sabotage; absent when the trial was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    pub reason: String,
    /// SHA-256 of the files under `evidence/`.
    pub evidence: Vec<String>,
}

/// The detection rate of a requirement: of the declared sabotages that must turn its checks red, the proven ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Power {
    pub proven: usize,
    pub declared: usize,
}

/// Judges all sabotages of the plan. `checks` are those of the run itself.
pub(super) fn judge_sabotages(
    transcript: &Transcript<'_>,
    plan: &Plan,
    checks: &[CheckVerdict],
) -> Vec<SabotageVerdict> {
    let known: BTreeMap<&str, &CheckVerdict> = checks.iter().map(|check| (check.id.as_str(), check)).collect();
    plan.sabotages.iter().map(|planned| judge_sabotage(transcript, planned, &known)).collect()
}

/// Proven of declared, for one requirement.
pub(super) fn power(requirement: &str, sabotages: &[SabotageVerdict]) -> Power {
    let own = sabotages.iter().filter(|one| one.requirements.iter().any(|id| id == requirement));
    let own: Vec<_> = own.filter(|one| one.proof != Proof::NotApplicable).collect();
    Power { proven: own.iter().filter(|one| one.proof == Proof::Proven).count(), declared: own.len() }
}

pub(super) fn judge_sabotage(
    transcript: &Transcript<'_>,
    planned: &PlannedSabotage,
    known: &BTreeMap<&str, &CheckVerdict>,
) -> SabotageVerdict {
    let (scenario, under) = judge_scenario(transcript, &planned.trial);
    let under: BTreeMap<&str, &CheckVerdict> = under.iter().map(|check| (check.id.as_str(), check)).collect();
    let id = &planned.trial.id;
    let observed = |name: &str| under.get(format!("{id}#{name}").as_str()).copied();
    let before = |name: &str| known.get(format!("{}#{name}", planned.scenario).as_str()).copied();
    let trial_of = |name: &str, (proof, reason): (Proof, String)| Trial {
        check: format!("{}#{name}", planned.scenario),
        proof,
        verdict: observed(name).map(|check| check.verdict),
        reason,
        evidence: observed(name).map(|check| check.evidence.clone()).unwrap_or_default(),
    };
    let excuse = excuse(transcript, planned);
    let red: Vec<Trial> = planned
        .red
        .iter()
        .map(|red| {
            let judged = excuse.clone().unwrap_or_else(|| {
                judge_red(transcript, red, before(&red.name), observed(&red.name), &format!("{id}#{}", red.name))
            });
            trial_of(&red.name, judged)
        })
        .collect();
    let green: Vec<Trial> = planned
        .green
        .iter()
        .map(|name| trial_of(name, excuse.clone().unwrap_or_else(|| judge_green(before(name), observed(name)))))
        .collect();
    let worst = red.iter().chain(&green).max_by_key(|trial| trial.proof);
    let proof = worst.map_or(Proof::Unconfirmed, |trial| trial.proof);
    let first = red.iter().chain(&green).find(|trial| trial.proof == proof);
    let reason = match (proof, first) {
        (Proof::Proven, _) => format!("{} of {} checks turned red as they should", red.len(), red.len()),
        (_, Some(trial)) if excuse.is_none() => format!("{}: {}", trial.check, trial.reason),
        (_, Some(trial)) => trial.reason.clone(),
        (_, None) => "it names no check".to_owned(),
    };
    SabotageVerdict {
        id: id.clone(),
        scenario: planned.scenario.clone(),
        says: planned.says.clone(),
        library: planned.library.clone(),
        proof,
        reason,
        red,
        green,
        requirements: planned.requirements.clone(),
        took_ms: scenario.took_ms,
    }
}

/// The reason that applies to every check of a trial which cannot be judged.
fn excuse(transcript: &Transcript<'_>, planned: &PlannedSabotage) -> Option<(Proof, String)> {
    if let Some(reason) = &planned.trial.not_applicable {
        return Some((Proof::NotApplicable, reason.clone()));
    }
    if !planned.tried {
        return Some((Proof::NotTried, "this run did not try it".to_owned()));
    }
    match transcript.step_ending(&planned.trial.id, STEP) {
        Some(Ending::Done) => None,
        Some(Ending::Broken { reason }) => Some((Proof::Unconfirmed, reason.clone())),
        _ => match transcript.endings.get(planned.trial.id.as_str()).map(|(ending, _)| *ending) {
            Some(Ending::NotApplicable { reason }) => Some((Proof::NotApplicable, reason.clone())),
            Some(Ending::Broken { reason } | Ending::OverBudget { reason }) => {
                Some((Proof::Unconfirmed, reason.clone()))
            }
            _ => Some((Proof::Unconfirmed, "the record does not say that it was live".to_owned())),
        },
    }
}

fn judge_red(
    transcript: &Transcript<'_>,
    red: &PlannedRed,
    before: Option<&CheckVerdict>,
    under: Option<&CheckVerdict>,
    id: &str,
) -> (Proof, String) {
    let Some(under) = under else { return (Proof::Unconfirmed, "not observed".to_owned()) };
    if let Some(excuse) = not_green_before(before) {
        return excuse;
    }
    let has_it = |sample: &&crate::evidence::event::Sample| {
        sample.problem.is_none() && red.because.mismatches(&sample.facts).is_empty()
    };
    let shown = transcript.samples.get(id).is_some_and(|samples| samples.iter().any(has_it));
    match under.verdict {
        Verdict::Fail if shown => (Proof::Proven, under.reason.clone()),
        Verdict::Fail => (Proof::WrongReason, format!("it failed otherwise: {}", under.reason)),
        Verdict::Unknown | Verdict::Vacuous => {
            (Proof::WrongReason, format!("it did not fail, it is {}: {}", under.verdict.word(), under.reason))
        }
        Verdict::Pass | Verdict::Waived | Verdict::Finding => {
            (Proof::Toothless, format!("it stayed {}: {}", under.verdict.word(), under.reason))
        }
        Verdict::NotApplicable => (Proof::NotApplicable, under.reason.clone()),
        Verdict::Broken => (Proof::Unconfirmed, under.reason.clone()),
    }
}

fn judge_green(before: Option<&CheckVerdict>, under: Option<&CheckVerdict>) -> (Proof, String) {
    let Some(under) = under else { return (Proof::Unconfirmed, "not observed".to_owned()) };
    if let Some(excuse) = not_green_before(before) {
        return excuse;
    }
    match under.verdict {
        Verdict::Pass | Verdict::Waived | Verdict::Finding => (Proof::Proven, under.reason.clone()),
        Verdict::NotApplicable => (Proof::NotApplicable, under.reason.clone()),
        Verdict::Broken => (Proof::Unconfirmed, under.reason.clone()),
        Verdict::Fail | Verdict::Unknown | Verdict::Vacuous => (
            Proof::WrongReason,
            format!("it should have stayed green and is {}: {}", under.verdict.word(), under.reason),
        ),
    }
}

fn not_green_before(before: Option<&CheckVerdict>) -> Option<(Proof, String)> {
    match before {
        None => Some((Proof::Unconfirmed, "not observed before".to_owned())),
        Some(check) => match check.verdict {
            Verdict::Pass | Verdict::Finding => None,
            Verdict::NotApplicable => Some((Proof::NotApplicable, check.reason.clone())),
            other => Some((Proof::Unconfirmed, format!("it was {} before: {}", other.word(), check.reason))),
        },
    }
}
