//! Trials that an earlier run has proven, for a run that continues after an interruption.
//!
//! Pure: the earlier run's record is judged anew, nothing is taken from its report. Does not detect whether the trees
//! that a scenario applies, or the world in which it runs, have changed since.

use std::collections::BTreeSet;

use super::{Proof, judge_record};
use crate::evidence::{
    plan::{Plan, PlannedSabotage},
    record::Record,
};

/// Ids of the trials that `today` plans and that the record proves, for the same checks and the same reasons.
#[must_use]
pub fn proven_before(record: &Record, today: &Plan) -> BTreeSet<String> {
    let Some(earlier) = record.plan() else { return BTreeSet::new() };
    let proven: BTreeSet<String> = judge_record(record)
        .sabotages
        .into_iter()
        .filter(|sabotage| sabotage.proof == Proof::Proven)
        .map(|sabotage| sabotage.id)
        .collect();
    let known: Vec<PlannedSabotage> = earlier.sabotages.iter().map(without_places).collect();
    let owed = today.sabotages.iter().filter(|planned| planned.tried && known.contains(&without_places(planned)));
    owed.map(|planned| planned.trial.id.clone()).filter(|id| proven.contains(id)).collect()
}

/// The sabotage without line numbers: a check that has moved in its file is the same check.
fn without_places(planned: &PlannedSabotage) -> PlannedSabotage {
    let mut planned = planned.clone();
    planned.trial.checks.iter_mut().for_each(|check| check.line = 0);
    planned
}
