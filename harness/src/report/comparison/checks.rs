//! Verdicts of the same check in two runs: which became red, which no longer, which are in one run only.
//!
//! Red is what has to be acted on: `fail`, `broken`, `unknown`, `vacuous`. A `finding` is on record and not red, and not green either.
//! Gives no reasons of its own: those shown are the judge's.

use super::{
    demand,
    pairs::{Paired, is_red},
};
use crate::verdict::Verdict;

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
