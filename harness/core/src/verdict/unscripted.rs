//! Unscripted changes: which of them the read-only scenarios notice, and by which check.
//!
//! An unnoticed change is a finding about this harness, not about the product.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Verdict,
    check::CheckVerdict,
    proof::{Proof, Trial},
    scenario::judge_scenario,
    transcript::Transcript,
};
use crate::{
    evidence::{
        event::Ending,
        plan::{Plan, PlannedUnscripted},
    },
    scenario::{
        check::name_of,
        trial::{STEP, scenario_under},
    },
};

/// A change of the library and the checks that noticed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnscriptedVerdict {
    pub id: String,
    pub title: String,
    /// `proven`: at least one check failed that passed before; `toothless`: none did.
    pub proof: Proof,
    pub reason: String,
    /// Checks that passed before and did not under the change; those that failed come first.
    pub noticed: Vec<Trial>,
    pub took_ms: Option<u64>,
}

impl UnscriptedVerdict {
    /// The verdict whose symbol and colour reports use for it: an unnoticed change is a finding about this harness.
    #[must_use]
    pub const fn shown_as(&self) -> Verdict {
        match self.proof {
            Proof::Toothless | Proof::WrongReason => Verdict::Finding,
            Proof::Proven | Proof::Unconfirmed | Proof::NotTried | Proof::NotApplicable => self.proof.shown_as(),
        }
    }
}

/// Judges all changes of the plan. `checks` are those of the run itself.
pub(super) fn judge_unscripted(
    transcript: &Transcript<'_>,
    plan: &Plan,
    checks: &[CheckVerdict],
) -> Vec<UnscriptedVerdict> {
    let passed: BTreeMap<&str, &CheckVerdict> =
        checks.iter().filter(|check| check.verdict == Verdict::Pass).map(|check| (check.id.as_str(), check)).collect();
    plan.wild.iter().map(|planned| judge_one(transcript, planned, &passed)).collect()
}

pub(super) fn judge_one(
    transcript: &Transcript<'_>,
    planned: &PlannedUnscripted,
    passed: &BTreeMap<&str, &CheckVerdict>,
) -> UnscriptedVerdict {
    let mut noticed: Vec<Trial> = Vec::new();
    for trial in &planned.trials {
        let owner = scenario_under(&trial.id).unwrap_or_default();
        for check in judge_scenario(transcript, trial).1 {
            let before = format!("{owner}#{}", name_of(&check.id));
            if passed.contains_key(before.as_str()) && !check.verdict.is_green() {
                noticed.push(Trial {
                    check: before,
                    proof: if check.verdict == Verdict::Fail { Proof::Proven } else { Proof::WrongReason },
                    verdict: Some(check.verdict),
                    reason: check.reason,
                    evidence: check.evidence,
                });
            }
        }
    }
    // The sort is stable: equal proofs stay in the order of the plan.
    noticed.sort_by_key(|trial| trial.proof);
    let ending = transcript.endings.get(planned.id.as_str());
    let failed = noticed.iter().filter(|trial| trial.proof == Proof::Proven).count();
    let (proof, reason) = match (&planned.not_applicable, transcript.step_ending(&planned.id, STEP)) {
        (Some(reason), _) => (Proof::NotApplicable, reason.clone()),
        (None, Some(Ending::Done)) => match noticed.first() {
            None => (Proof::Toothless, "no check noticed".to_owned()),
            Some(first) if failed == 0 => {
                (Proof::WrongReason, format!("no check failed; {} is not green: {}", first.check, first.reason))
            }
            Some(first) => {
                let checks = if failed == 1 { "check" } else { "checks" };
                (Proof::Proven, format!("{failed} {checks} failed, first {}: {}", first.check, first.reason))
            }
        },
        (None, Some(Ending::Broken { reason })) => (Proof::Unconfirmed, reason.clone()),
        (None, _) => (Proof::Unconfirmed, "the record does not say that it was live".to_owned()),
    };
    UnscriptedVerdict {
        id: planned.id.clone(),
        title: planned.title.clone(),
        proof,
        reason,
        noticed,
        took_ms: ending.map(|(_, took_ms)| *took_ms),
    }
}
