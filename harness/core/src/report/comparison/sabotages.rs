//! Compares the sabotages and unscripted changes of two runs.
//!
//! A sabotage that was not proven counts as red, because a check that cannot fail proves nothing when it is green.

use std::collections::BTreeMap;

use super::judged::JudgedRun;
use crate::{report::detection::unscripted_word, verdict::Proof};

/// A sabotage or an unscripted change with different results; `None` where a run does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofChange {
    pub id: String,
    pub kind: Kind,
    pub before: Option<Shown>,
    pub after: Option<Shown>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub proof: Proof,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Sabotage,
    Wild,
}

impl ProofChange {
    /// Whether it is red in the later run and was not in the earlier.
    #[must_use]
    pub fn is_newly_red(&self) -> bool {
        let bad = |shown: &Option<Shown>| shown.as_ref().is_some_and(|shown| self.kind.is_bad(shown.proof));
        bad(&self.after) && !bad(&self.before)
    }

    /// Whether its only difference is that one of the plans lacks it.
    pub(super) fn is_idle(&self) -> bool {
        let idle = |shown: &Shown| matches!(shown.proof, Proof::NotTried | Proof::NotApplicable);
        self.before.iter().chain(&self.after).all(idle)
    }
}

impl Kind {
    /// Whether the proof counts as red. As for the exit code, an unnoticed unscripted change is only a finding about
    /// the harness.
    const fn is_bad(self, proof: Proof) -> bool {
        match self {
            Self::Sabotage => proof.is_bad(),
            Self::Wild => matches!(proof, Proof::Unconfirmed),
        }
    }

    pub(super) const fn word(self, proof: Proof) -> &'static str {
        match self {
            Self::Sabotage => proof.word(),
            Self::Wild => unscripted_word(proof),
        }
    }
}

/// Sabotages and changes with different proofs, and those that only one run has; newly red first.
pub(super) fn changes(before: &JudgedRun, after: &JudgedRun) -> Vec<ProofChange> {
    let (mut old, new) = (shown(before), shown(after));
    let mut changes: Vec<ProofChange> = Vec::new();
    for ((kind, id), now) in new {
        let then = old.remove(&(kind, id.clone()));
        if then.as_ref().map(|then| then.proof) != Some(now.proof) {
            changes.push(ProofChange { id, kind, before: then, after: Some(now) });
        }
    }
    changes.extend(old.into_iter().map(|((kind, id), then)| ProofChange { id, kind, before: Some(then), after: None }));
    changes.sort_by_key(|change| (!change.is_newly_red(), change.id.clone()));
    changes
}

fn shown(run: &JudgedRun) -> BTreeMap<(Kind, String), Shown> {
    let sabotages = run.report.sabotages.iter().map(|one| (Kind::Sabotage, &one.id, one.proof, &one.reason));
    let wild = run.report.wild.iter().map(|one| (Kind::Wild, &one.id, one.proof, &one.reason));
    let all = sabotages.chain(wild);
    all.map(|(kind, id, proof, reason)| ((kind, id.clone()), Shown { proof, reason: reason.clone() })).collect()
}
