//! Several runs of the same checks: which checks gave the same verdict every time, and which are flaky.
//!
//! Pure. A flaky check decides nothing, however often it was green.

use std::collections::BTreeMap;

use super::{Exit, Judgement, Verdict};

/// The joint result of several runs of the same plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Id and exit code of each run, in the order of the runs.
    pub runs: Vec<(String, Exit)>,
    /// Every check once, in the order of the first plan that has it.
    pub checks: Vec<RepeatedCheck>,
    pub exit: Exit,
}

/// One check over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedCheck {
    pub id: String,
    /// Number of runs per verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
}

impl RepeatedCheck {
    /// Whether it has more than one verdict.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.verdicts.len() > 1
    }
}

impl Repeated {
    /// Combines the judgements of several runs.
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

    /// The flaky checks.
    pub fn flaky(&self) -> impl Iterator<Item = &RepeatedCheck> {
        self.checks.iter().filter(|check| check.is_flaky())
    }
}

/// Problems of a run, and checks that are red or differ from the first run. A finding is not a deviation by itself.
#[must_use]
pub fn deviations(first: &Judgement, now: &Judgement) -> Vec<String> {
    let before: BTreeMap<&str, Verdict> = first.checks.iter().map(|check| (check.id.as_str(), check.verdict)).collect();
    let deviates = |id: &str, verdict: Verdict| {
        !(verdict.is_green() || verdict == Verdict::Finding) || before.get(id) != Some(&verdict)
    };
    let checks = now.checks.iter().filter(|check| deviates(&check.id, check.verdict));
    let lines = checks.map(|check| format!("{} {}: {}", check.id, check.verdict.word(), check.reason));
    now.problems.iter().cloned().chain(lines).collect()
}
