//! Compares the times of two runs: the run, each phase, each scenario.
//!
//! It states both measurements and their difference. It does not judge whether a difference is significant: a run is
//! one measurement.

use super::judged::JudgedRun;

/// Milliseconds in both runs; `None` where a run lacks it or did not complete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    pub what: Timed,
    pub before: Option<u64>,
    pub after: Option<u64>,
}

/// A part of a run whose time is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timed {
    Phase(String),
    /// From the first event to the last.
    Run,
    Scenario(String),
}

impl Time {
    /// The increase in milliseconds; negative when it is faster.
    #[must_use]
    pub fn difference(&self) -> Option<i64> {
        let (before, after) = (i64::try_from(self.before?).ok()?, i64::try_from(self.after?).ok()?);
        Some(after - before)
    }
}

/// The run, then phases, then scenarios; those that only the later run has come last.
pub(super) fn times(before: &JudgedRun, after: &JudgedRun) -> Vec<Time> {
    let (old, new) = (measured(before), measured(after));
    let find = |all: &[(Timed, Option<u64>)], what: &Timed| all.iter().find(|one| one.0 == *what).and_then(|one| one.1);
    let lone = new.iter().filter(|(what, _)| old.iter().all(|(known, _)| known != what));
    let rank = |what: &Timed| match what {
        Timed::Run => 0,
        Timed::Phase(_) => 1,
        Timed::Scenario(_) => 2,
    };
    let all = old.iter().chain(lone).map(|(what, _)| Time {
        what: what.clone(),
        before: find(&old, what),
        after: find(&new, what),
    });
    let mut all: Vec<Time> = all.collect();
    all.sort_by_key(|time| rank(&time.what));
    all
}

fn measured(run: &JudgedRun) -> Vec<(Timed, Option<u64>)> {
    let facts = &run.report.run;
    let whole = facts.started.zip(facts.ended).map(|(started, ended)| ended.duration_since(started).as_millis());
    let whole = whole.and_then(|millis| u64::try_from(millis).ok());
    let phases = run.report.phases.iter().map(|phase| (Timed::Phase(phase.name.clone()), Some(phase.took_ms)));
    let scenarios = run.report.scenarios.iter().map(|one| (Timed::Scenario(one.id.clone()), one.took_ms));
    [(Timed::Run, whole)].into_iter().chain(phases).chain(scenarios).collect()
}
