//! The detection rate in words: which sabotages were detected, and which passing requirements no sabotage turned red.

use super::{Report, format::count};
use crate::verdict::{Proof, SabotageVerdict, UnscriptedVerdict, is_unproven};

/// `12 sabotages: 10 proven, 1 toothless, 1 not-tried`; `None` when the plan has none.
pub(super) fn line(report: &Report) -> Option<String> {
    if report.sabotages.is_empty() {
        return None;
    }
    let proofs = report.sabotages.iter().map(|one| one.proof).collect::<Vec<_>>();
    Some(format!("{}: {}", count(proofs.len(), "sabotage"), each(&proofs, Proof::word)))
}

/// Whether this run tried a sabotage.
pub(super) fn tried(report: &Report) -> bool {
    report.sabotages.iter().any(|one| !matches!(one.proof, Proof::NotTried | Proof::NotApplicable))
}

/// Sabotages that showed a defect of a check, or showed nothing.
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

/// `20 unscripted changes: 18 noticed, 1 unnoticed, …`; `None` when the run made none.
pub(super) fn unscripted_line(report: &Report) -> Option<String> {
    if report.wild.is_empty() {
        return None;
    }
    let proofs = report.wild.iter().map(|one| one.proof).collect::<Vec<_>>();
    Some(format!("{}: {}", count(proofs.len(), "unscripted change"), each(&proofs, unscripted_word)))
}

/// The word for the proof of an unscripted change.
pub(super) const fn unscripted_word(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "noticed",
        Proof::WrongReason => "blurred",
        Proof::Toothless => "unnoticed",
        other => other.word(),
    }
}

/// Unscripted changes under which no check failed: a finding about the harness.
pub(super) fn unnoticed(report: &Report) -> impl Iterator<Item = &UnscriptedVerdict> {
    report.wild.iter().filter(|one| one.proof.is_bad())
}

/// `10 proven, 1 toothless`: the number of each kind, worst first.
fn each(proofs: &[Proof], word: impl Fn(Proof) -> &'static str) -> String {
    let parts = Proof::ALL.into_iter().filter_map(|kind| {
        let number = proofs.iter().filter(|proof| **proof == kind).count();
        (number > 0).then(|| format!("{number} {}", word(kind)))
    });
    parts.collect::<Vec<_>>().join(", ")
}
