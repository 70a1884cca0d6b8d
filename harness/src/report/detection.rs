//! Proof of power in words: which sabotages were noticed, and which requirements have never been seen red.

use super::{Report, format::count};
use crate::verdict::{Proof, SabotageVerdict, UnscriptedVerdict, is_unproven};

/// `12 sabotages: 10 proven, 1 toothless, 1 not-tried`; nothing when the plan has none.
pub(super) fn line(report: &Report) -> Option<String> {
    if report.sabotages.is_empty() {
        return None;
    }
    let proofs = report.sabotages.iter().map(|one| one.proof).collect::<Vec<_>>();
    Some(format!("{}: {}", count(proofs.len(), "sabotage"), each(&proofs, Proof::word)))
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

/// `20 changes in the wild: 18 noticed, 1 unnoticed, …`; nothing when the run made none.
pub(super) fn unscripted_line(report: &Report) -> Option<String> {
    if report.wild.is_empty() {
        return None;
    }
    let proofs = report.wild.iter().map(|one| one.proof).collect::<Vec<_>>();
    Some(format!("{} in the wild: {}", count(proofs.len(), "change"), each(&proofs, unscripted_word)))
}

/// A proof in the words of those who meet a mistake that they know nothing of.
pub(super) const fn unscripted_word(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "noticed",
        Proof::WrongReason => "blurred",
        Proof::Toothless => "unnoticed",
        other => other.word(),
    }
}

/// Changes that no check failed for. A finding about the harness.
pub(super) fn unnoticed(report: &Report) -> impl Iterator<Item = &UnscriptedVerdict> {
    report.wild.iter().filter(|one| one.proof.is_bad())
}

/// `10 proven, 1 toothless`: how many there are of each kind, worst first.
fn each(proofs: &[Proof], word: impl Fn(Proof) -> &'static str) -> String {
    let parts = Proof::ALL.into_iter().filter_map(|kind| {
        let number = proofs.iter().filter(|proof| **proof == kind).count();
        (number > 0).then(|| format!("{number} {}", word(kind)))
    });
    parts.collect::<Vec<_>>().join(", ")
}
