//! Checks with the same id and different demands: their verdicts may differ although the product has not changed.

use super::{
    judged::JudgedRun,
    pairs::Paired,
    volatile::{Mask, masked},
};
use crate::{evidence::plan::PlannedCheck, expectation::Quantifier, verdict::CheckVerdict};

/// The demand of a check, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandChange {
    pub id: String,
    pub before: String,
    pub after: String,
}

/// Changed demands, in the order of the plan. Values that differ in every run, such as an address, are no change.
pub(super) fn changes(paired: &Paired<'_>, before: &JudgedRun, after: &JudgedRun) -> Vec<DemandChange> {
    let (old, new) = (before.planned(), after.planned());
    let change = |(check, now): &(&CheckVerdict, &CheckVerdict)| {
        let (old, new) = (old.get(check.id.as_str())?, new.get(check.id.as_str())?);
        let (before, after) = (spelled(old, &check.when), spelled(new, &now.when));
        let same = masked(&before, Mask::Identities) == masked(&after, Mask::Identities);
        (!same).then(|| DemandChange { id: check.id.clone(), before, after })
    };
    paired.both.iter().filter_map(change).collect()
}

fn spelled(check: &PlannedCheck, when: &str) -> String {
    let least = match check.when {
        Quantifier::Always { samples, .. } | Quantifier::Never { samples, .. } => samples.max(check.min_samples),
        Quantifier::Eventually { .. } | Quantifier::Once => check.min_samples,
    };
    let known = check
        .deviation
        .as_ref()
        .map_or_else(String::new, |known| format!("; on record for {}: {}", known.from, known.shows));
    format!("{} ({when}, at least {}){known}", check.expect, super::format::count(least, "sample"))
}
