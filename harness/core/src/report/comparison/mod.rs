//! Compares two recorded runs check by check: checks that became red or stopped being red, and all other differences.
//!
//! Input: two [`JudgedRun`]s, each judged from its own record; [`JudgedRun::of`] refuses a record that is damaged or
//! partial. Output: a [`RunComparison`], which [`comparison_table`] and [`comparison_markdown`] render.
//!
//! Pure. It names differences and never their cause: that is known only if a single thing was changed, and
//! [`RunComparison::settings`] shows whether more was. Several runs of the same stack are `verdict::Repeated`; a report
//! against its own record is `report::differences`.

mod baseline;
mod checks;
mod demand;
mod facts;
mod format;
mod judged;
mod leaves;
mod markdown;
mod pairs;
mod sabotages;
mod setup;
mod table;
mod times;
mod versions;
mod volatile;

use std::collections::BTreeMap;

pub use checks::{CheckChange, Turn};
pub use demand::DemandChange;
pub use facts::{CheckFacts, Detail, FactChange, LeftOut, ReasonChange};
pub use judged::{JudgedRun, Unusable};
pub use markdown::comparison_markdown;
pub use pairs::LoneCheck;
pub use sabotages::{Kind, ProofChange, Shown};
pub use setup::{Problem, Seen, Setting};
pub use table::comparison_table;
pub use times::{Time, Timed};
pub use versions::VersionChange;

use crate::verdict::{RunFacts, Verdict};

/// All differences of two runs, and the times of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunComparison {
    pub before: RunInBrief,
    pub after: RunInBrief,
    /// Differences of worlds, scenarios and arguments, which may be the cause of all others.
    pub settings: Vec<Setting>,
    pub versions: Vec<VersionChange>,
    /// Problems of either run as a whole, or of a scenario without a red check.
    pub problems: Vec<Problem>,
    /// Number of checks that both runs have.
    pub common: usize,
    /// Checks with different verdicts, worst first.
    pub changes: Vec<CheckChange>,
    pub only_before: Vec<LoneCheck>,
    pub only_after: Vec<LoneCheck>,
    /// Checks with different demands.
    pub demands: Vec<DemandChange>,
    /// Differences in the facts of checks with the same verdict.
    pub facts: Vec<CheckFacts>,
    pub reasons: Vec<ReasonChange>,
    pub left_out: LeftOut,
    pub sabotages: Vec<ProofChange>,
    pub times: Vec<Time>,
}

/// A run in the head of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInBrief {
    pub run: RunFacts,
    pub exit_code: u8,
    pub exit_meaning: String,
    /// Number of checks per verdict.
    pub counts: BTreeMap<Verdict, usize>,
}

impl RunComparison {
    /// Compares two runs.
    #[must_use]
    pub fn of(before: &JudgedRun, after: &JudgedRun, detail: Detail) -> Self {
        let paired = pairs::paired(before, after);
        let demands = demand::changes(&paired, before, after);
        let found = facts::changes(&paired, before, after, detail);
        Self {
            before: RunInBrief::of(before),
            after: RunInBrief::of(after),
            settings: setup::settings(before, after),
            versions: versions::changes(before, after),
            problems: setup::problems(before, after),
            common: paired.both.len(),
            changes: checks::changes(&paired, &demands),
            only_before: paired.only_before,
            only_after: paired.only_after,
            demands,
            facts: found.facts,
            reasons: found.reasons,
            left_out: found.left_out,
            sabotages: sabotages::changes(before, after),
            times: times::times(before, after),
        }
    }

    /// Checks of both runs whose verdict changed in this way.
    pub fn turned(&self, turn: Turn) -> impl Iterator<Item = &CheckChange> {
        self.changes.iter().filter(move |change| change.turn() == turn)
    }

    /// Red checks that only the later run has.
    pub fn arrived_red(&self) -> impl Iterator<Item = &LoneCheck> {
        self.only_after.iter().filter(|check| pairs::is_red(check.verdict))
    }

    /// Whether anything is newly red in the later run: a check, also one that only the later run has, a scenario or the
    /// run itself, or a sabotage.
    #[must_use]
    pub fn is_newly_red(&self) -> bool {
        self.turned(Turn::NewlyRed).next().is_some()
            || self.arrived_red().next().is_some()
            || self.problems.iter().any(|problem| problem.seen == Seen::After)
            || self.sabotages.iter().any(ProofChange::is_newly_red)
    }

    /// Whether the runs do not differ, times aside.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.settings.is_empty()
            && self.versions.is_empty()
            && self.problems.iter().all(|problem| problem.seen == Seen::Both)
            && self.changes.is_empty()
            && self.only_before.is_empty()
            && self.only_after.is_empty()
            && self.demands.is_empty()
            && self.facts.is_empty()
            && self.reasons.is_empty()
            && !self.left_out.any()
            && self.sabotages.is_empty()
    }
}

impl RunInBrief {
    fn of(run: &JudgedRun) -> Self {
        let report = &run.report;
        Self {
            run: report.run.clone(),
            exit_code: report.exit_code,
            exit_meaning: report.exit_meaning.clone(),
            counts: report.counts.clone(),
        }
    }
}
