//! Compares the verdicts of each check that both runs have.
//!
//! Red are the verdicts that need action: `fail`, `broken`, `unknown`, `vacuous`. A `finding` is recorded, and neither
//! red nor green. All reasons are the judge's.

use super::{
    demand,
    pairs::{Paired, is_red},
};
use crate::verdict::Verdict;

/// A check that has different verdicts in the two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckChange {
    pub id: String,
    pub requirements: Vec<String>,
    pub before: Verdict,
    pub after: Verdict,
    pub reason_before: String,
    pub reason_after: String,
    /// Whether the runs demand different things of it, so that the product need not have changed.
    pub other_demand: bool,
}

/// The kind of a change of verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Not red before, red after.
    NewlyRed,
    /// Passed before; after, neither red nor observed to pass.
    NoLongerPass,
    /// Red before, passes after.
    NewlyGreen,
    /// Every other change, such as red before and after, or red before and not applicable after.
    Other,
}

impl Turn {
    /// The kind of the change from one verdict to another.
    #[must_use]
    pub fn of(before: Verdict, after: Verdict) -> Self {
        let passes = |verdict| verdict == Verdict::Pass;
        match (is_red(before), is_red(after)) {
            (false, true) => Self::NewlyRed,
            (true, false) if passes(after) => Self::NewlyGreen,
            (false, false) if passes(before) && !passes(after) => Self::NoLongerPass,
            (true, _) | (false, false) => Self::Other,
        }
    }
}

impl CheckChange {
    /// The kind of the change.
    #[must_use]
    pub fn turn(&self) -> Turn {
        Turn::of(self.before, self.after)
    }
}

/// Checks with different verdicts, worst first; equals stay in the order of the plan.
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
    fn every_turn_has_its_kind() {
        use Verdict::{Broken, Fail, Finding, NotApplicable, Pass, Unknown, Vacuous, Waived};
        for (before, after, turn) in [
            (Pass, Fail, Turn::NewlyRed),
            (Waived, Broken, Turn::NewlyRed),
            (Finding, Unknown, Turn::NewlyRed),
            (NotApplicable, Vacuous, Turn::NewlyRed),
            (Fail, Pass, Turn::NewlyGreen),
            (Vacuous, Waived, Turn::Other),
            (Pass, NotApplicable, Turn::NoLongerPass),
            (Pass, Finding, Turn::NoLongerPass),
            (Fail, NotApplicable, Turn::Other),
            (Fail, Finding, Turn::Other),
            (Unknown, Fail, Turn::Other),
            (NotApplicable, Pass, Turn::Other),
            (Finding, Pass, Turn::Other),
            (Pass, Waived, Turn::NoLongerPass),
        ] {
            assert_eq!(Turn::of(before, after), turn, "{before:?} to {after:?}");
        }
    }

    /// A check that becomes red in one direction stops being red in the other, and no check that was red becomes newly
    /// red.
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
