//! Verdicts of the same check in two runs: which became red, which no longer, which are in one run only.
//!
//! Red is what has to be acted on: `fail`, `broken`, `unknown`, `vacuous`. A `finding` is on record and not red, and not green either.
//! Gives no reasons of its own: those shown are the judge's.

use std::collections::BTreeMap;

use super::{demand, judged::JudgedRun};
use crate::verdict::{CheckVerdict, Verdict};

/// A check of both runs that has another verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckChange {
    pub id: String,
    pub requirements: Vec<String>,
    pub before: Verdict,
    pub after: Verdict,
    pub reason_before: String,
    pub reason_after: String,
    /// The runs did not demand the same of it, so the change need not be the product's.
    pub other_demand: bool,
}

/// A check that only one of the runs has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoneCheck {
    pub id: String,
    /// Its scenario, when the other run has not got that either.
    pub lone_scenario: Option<String>,
    pub verdict: Verdict,
    pub reason: String,
}

/// How a verdict changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Was not red, is red.
    NewlyRed,
    /// Was demonstrated, and no longer is: neither red nor green by observation.
    NoLongerPass,
    /// Was red, is demonstrated.
    NewlyGreen,
    /// Everything else, such as red before and after, or red and now not applicable.
    Other,
}

/// Whether somebody has to act on it.
pub(super) const fn is_red(verdict: Verdict) -> bool {
    !verdict.is_green() && !matches!(verdict, Verdict::Finding)
}

impl Turn {
    /// The turn from one verdict to another.
    #[must_use]
    pub fn of(before: Verdict, after: Verdict) -> Self {
        let passes = |verdict| matches!(verdict, Verdict::Pass | Verdict::Waived);
        match (is_red(before), is_red(after)) {
            (false, true) => Self::NewlyRed,
            (true, false) if passes(after) => Self::NewlyGreen,
            (false, false) if passes(before) && !passes(after) => Self::NoLongerPass,
            (true, _) | (false, false) => Self::Other,
        }
    }
}

impl CheckChange {
    #[must_use]
    pub fn turn(&self) -> Turn {
        Turn::of(self.before, self.after)
    }
}

/// All checks of two runs.
pub(super) struct Paired<'a> {
    pub both: Vec<(&'a CheckVerdict, &'a CheckVerdict)>,
    pub only_before: Vec<LoneCheck>,
    pub only_after: Vec<LoneCheck>,
}

/// Checks by id; those of both in the order of the run before, the others worst first.
pub(super) fn paired<'a>(before: &'a JudgedRun, after: &'a JudgedRun) -> Paired<'a> {
    let index = |run: &'a JudgedRun| -> BTreeMap<&'a str, &'a CheckVerdict> {
        run.report.checks.iter().map(|check| (check.id.as_str(), check)).collect()
    };
    let (old, new) = (index(before), index(after));
    let checks = before.report.checks.iter();
    Paired {
        both: checks.filter_map(|check| Some((check, *new.get(check.id.as_str())?))).collect(),
        only_before: lone(before, &new, after),
        only_after: lone(after, &old, before),
    }
}

fn lone(run: &JudgedRun, known: &BTreeMap<&str, &CheckVerdict>, other: &JudgedRun) -> Vec<LoneCheck> {
    let own = run.report.checks.iter().filter(|check| !known.contains_key(check.id.as_str()));
    let shared = |scenario: &str| other.report.scenarios.iter().any(|one| one.id == scenario);
    let own = own.map(|check| LoneCheck {
        id: check.id.clone(),
        lone_scenario: (!shared(&check.scenario)).then(|| check.scenario.clone()),
        verdict: check.verdict,
        reason: check.reason.clone(),
    });
    let mut own: Vec<LoneCheck> = own.collect();
    own.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    own
}

/// Checks with another verdict, worst first; equals stay in the order of the plan.
pub(super) fn changes(paired: &Paired<'_>, demands: &[demand::DemandChange]) -> Vec<CheckChange> {
    let differing = paired.both.iter().filter(|(before, after)| before.verdict != after.verdict);
    let mut changes: Vec<CheckChange> = differing
        .map(|(before, after)| CheckChange {
            id: after.id.clone(),
            requirements: after.requirements.clone(),
            before: before.verdict,
            after: after.verdict,
            reason_before: before.reason.clone(),
            reason_after: after.reason.clone(),
            other_demand: demands.iter().any(|demand| demand.id == after.id),
        })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse((change.after, change.before)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_red_green_or_neither() {
        use Verdict::{Broken, Fail, Finding, NotApplicable, Pass, Unknown, Vacuous, Waived};
        for (before, after, turn) in [
            (Pass, Fail, Turn::NewlyRed),
            (Waived, Broken, Turn::NewlyRed),
            (Finding, Unknown, Turn::NewlyRed),
            (NotApplicable, Vacuous, Turn::NewlyRed),
            (Fail, Pass, Turn::NewlyGreen),
            (Vacuous, Waived, Turn::NewlyGreen),
            (Pass, NotApplicable, Turn::NoLongerPass),
            (Pass, Finding, Turn::NoLongerPass),
            (Fail, NotApplicable, Turn::Other),
            (Fail, Finding, Turn::Other),
            (Unknown, Fail, Turn::Other),
            (NotApplicable, Pass, Turn::Other),
            (Finding, Pass, Turn::Other),
            (Pass, Waived, Turn::Other),
        ] {
            assert_eq!(Turn::of(before, after), turn, "{before:?} to {after:?}");
        }
    }

    /// Whatever became red one way stops being red the other way, and nothing that was red comes out as red anew.
    #[test]
    fn a_turn_and_its_mirror_agree() {
        for before in Verdict::ALL {
            for after in Verdict::ALL {
                let (there, back) = (Turn::of(before, after), Turn::of(after, before));
                assert_eq!(there == Turn::NewlyRed, !is_red(before) && is_red(after), "{before:?} {after:?}");
                if there == Turn::NewlyGreen {
                    assert_eq!(back, Turn::NewlyRed, "{before:?} {after:?}");
                }
                if there == Turn::NewlyRed {
                    assert!(matches!(back, Turn::NewlyGreen | Turn::Other), "{before:?} {after:?}");
                }
            }
        }
    }
}
