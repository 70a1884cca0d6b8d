//! Several runs of the same checks beside each other: which gave one answer, and which gave several.
//!
//! Pure. A check that says now this and now that decides nothing, however often it was green.

use std::collections::BTreeMap;

use super::{Exit, Judgement, Verdict};

/// What runs of the same plan say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Ids, in the order of the runs, with the exit code of each.
    pub runs: Vec<(String, Exit)>,
    /// In the order of the first plan that has them.
    pub checks: Vec<RepeatedCheck>,
    pub exit: Exit,
}

/// One check over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedCheck {
    pub id: String,
    /// How often each verdict was given.
    pub verdicts: BTreeMap<Verdict, usize>,
}

impl RepeatedCheck {
    /// Whether it gave more than one answer.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.verdicts.len() > 1
    }
}

impl Repeated {
    #[must_use]
    pub fn of(judgements: &[Judgement]) -> Self {
        let mut checks: Vec<RepeatedCheck> = Vec::new();
        for check in judgements.iter().flat_map(|judgement| &judgement.checks) {
            let known = checks.iter().position(|known| known.id == check.id).unwrap_or_else(|| {
                checks.push(RepeatedCheck { id: check.id.clone(), verdicts: BTreeMap::new() });
                checks.len() - 1
            });
            *checks[known].verdicts.entry(check.verdict).or_default() += 1;
        }
        let runs: Vec<_> = judgements.iter().map(|judgement| (judgement.run.id.clone(), judgement.exit)).collect();
        let mut exit = Exit::of_runs(runs.iter().map(|(_, exit)| *exit));
        if exit == Exit::Conformant && checks.iter().any(RepeatedCheck::is_flaky) {
            exit = Exit::NothingProven;
        }
        Self { runs, checks, exit }
    }

    pub fn flaky(&self) -> impl Iterator<Item = &RepeatedCheck> {
        self.checks.iter().filter(|check| check.is_flaky())
    }
}

/// What of a run is not as it should be, or not as in the first one; what is on record is as it should be.
#[must_use]
pub fn deviations(first: &Judgement, now: &Judgement) -> Vec<String> {
    let before: BTreeMap<&str, Verdict> = first.checks.iter().map(|check| (check.id.as_str(), check.verdict)).collect();
    let deviates = |id: &str, verdict: Verdict| {
        !(verdict.is_green() || verdict == Verdict::Finding) || before.get(id) != Some(&verdict)
    };
    let checks = now.checks.iter().filter(|check| deviates(&check.id, check.verdict));
    let told = checks.map(|check| format!("{} {}: {}", check.id, check.verdict.word(), check.reason));
    now.problems.iter().cloned().chain(told).collect()
}
