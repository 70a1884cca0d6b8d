//! Proof of power in words: which sabotages were noticed, and which requirements have never been seen red.

use super::{Report, words::count};
use crate::verdict::{Proof, SabotageVerdict, is_unproven};

/// `12 sabotages: 10 proven, 1 toothless, 1 not-tried`; nothing when the plan has none.
pub(super) fn line(report: &Report) -> Option<String> {
    if report.sabotages.is_empty() {
        return None;
    }
    let of = |proof: Proof| report.sabotages.iter().filter(|one| one.proof == proof).count();
    let parts: Vec<_> = Proof::ALL
        .into_iter()
        .filter(|proof| of(*proof) > 0)
        .map(|proof| format!("{} {}", of(proof), proof.word()))
        .collect();
    Some(format!("{}: {}", count(report.sabotages.len(), "sabotage"), parts.join(", ")))
}

/// Whether this run tried any.
pub(super) fn tried(report: &Report) -> bool {
    report.sabotages.iter().any(|one| !matches!(one.proof, Proof::NotTried | Proof::NotApplicable))
}

/// Those that showed that something is wrong with a check, or showed nothing.
pub(super) fn bad(report: &Report) -> impl Iterator<Item = &SabotageVerdict> {
    report.sabotages.iter().filter(|one| one.proof.is_bad())
}

/// Requirements that pass and that no sabotage of this run turned red; empty when it tried none.
pub(super) fn unproven(report: &Report) -> Vec<&str> {
    if !tried(report) {
        return Vec::new();
    }
    report.requirements.iter().filter(|one| is_unproven(one)).map(|one| one.id.as_str()).collect()
}
