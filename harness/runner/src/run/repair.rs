//! Repairs a world that a killed run has left changed.
//!
//! Input: the journal in the cluster. It undoes each change, last change first, waits until the effects of sabotages
//! and faults are gone and the world is settled, and only then empties the journal, so a killed repair can be repeated.
//! It judges nothing about the product. No run starts before the repair has succeeded.

use std::{collections::BTreeSet, fmt, time::Duration};

use mtls_core::scenario::{
    model::Scenario,
    trial::{MARK, trial},
};

use super::{
    context::RunContext,
    error::StepError,
    execute::until_all_over,
    journal::{self, Change, Journal, JournalError},
    leftovers,
    recorder::Recorder,
    steps::undo::until_undone,
    undo::Undo,
};
use crate::world::{Backend, World};

/// Limit for a controller to start and for its output to reach every pod.
const SETTLE_LIMIT: Duration = Duration::from_secs(180);

/// A change of an earlier run that was not undone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pending {
    pub run: String,
    pub scenario: String,
    pub step: String,
    /// How to undo it, in one line.
    pub undo: String,
}

impl fmt::Display for Pending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of run {}, step {}: {}", self.scenario, self.run, self.step, self.undo)
    }
}

/// Why a world is still changed.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("a change of run {run} cannot be undone: {undo}: {why}")]
    Undo { run: String, undo: String, why: String },
    #[error("the changes of run {run} are undone, but {what}")]
    Unlike { run: String, what: String },
    #[error("the changes of run {run} are undone, but the effect of {scenario} is not gone: {why}")]
    Effect { run: String, scenario: String, why: String },
    #[error("the changes of run {run} are undone, but the world is not settled: {why}")]
    Unsettled { run: String, why: String },
}

impl RepairError {
    /// Whether the API server forbids reading the journal, so that its contents are unknown.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Journal(JournalError::List(source)) if source.is_forbidden())
    }
}

/// The changes of earlier runs in a world that were not undone, last change first; none in a world without a cluster.
///
/// # Errors
///
/// When the cluster does not answer, or an entry cannot be parsed.
pub async fn pending(world: &World) -> Result<Vec<Pending>, RepairError> {
    let Some(home) = world.lasting() else { return Ok(Vec::new()) };
    Ok(journal::changes(&*home).await?.iter().map(described).collect())
}

/// Undoes the changes of earlier runs and waits until their effects are gone. `known` are the scenarios that define
/// when a fault or a sabotage has no effect any more. Returns the undone changes; none in a world without a cluster.
///
/// # Errors
///
/// When the world is still changed; the journal then keeps the changes.
pub async fn repair(world: &World, recorder: &Recorder, known: &[Scenario]) -> Result<Vec<Pending>, RepairError> {
    let Some(home) = world.lasting() else { return Ok(Vec::new()) };
    let changes = journal::changes(&*home).await?;
    let Some(latest) = changes.first() else { return Ok(Vec::new()) };
    let run = || latest.run.clone();
    let mut undone = Vec::new();
    for change in &changes {
        until_undone(world, &change.undo).await.map_err(|error| RepairError::Undo {
            run: change.run.clone(),
            undo: change.undo.to_string(),
            why: error.0,
        })?;
        if let Undo::Object(inverse) = &change.undo {
            undone.push(inverse.clone());
        }
    }
    if let Some(what) = leftovers::unlike(world, undone).await.into_iter().next() {
        return Err(RepairError::Unlike { run: run(), what });
    }
    // Changes that an observation needs, such as issuing a certificate to present, may be lost when this process ends.
    let unstored = Journal::new(None, "repair");
    let context = RunContext { world, recorder, journal: &unstored };
    for scenario in scenarios_of(&changes, known) {
        let effect = |error: StepError| RepairError::Effect { run: run(), scenario: scenario.id.clone(), why: error.0 };
        until_all_over(context, &scenario).await.map_err(effect)?;
    }
    world.settled(SETTLE_LIMIT).await.map_err(|error| RepairError::Unsettled { run: run(), why: error.to_string() })?;
    forget(&*home, &changes).await
}

/// Empties the journal without undoing anything: the owner accepts the present state of the world. Returns the removed
/// entries.
///
/// # Errors
///
/// When the cluster does not answer, or an entry cannot be parsed.
pub async fn accept(world: &World) -> Result<Vec<Pending>, RepairError> {
    let Some(home) = world.lasting() else { return Ok(Vec::new()) };
    forget(&*home, &journal::changes(&*home).await?).await
}

/// Removes these changes from the journal and returns them.
async fn forget(home: &dyn Backend, changes: &[Change]) -> Result<Vec<Pending>, RepairError> {
    let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    journal::erase(home, &ids).await?;
    Ok(changes.iter().map(described).collect())
}

fn described(change: &Change) -> Pending {
    Pending {
        run: change.run.clone(),
        scenario: change.scenario.clone(),
        step: change.step.clone(),
        undo: change.undo.to_string(),
    }
}

/// The scenarios and trials that made these changes. An id that is no longer known is skipped.
fn scenarios_of(changes: &[Change], known: &[Scenario]) -> Vec<Scenario> {
    let ids: BTreeSet<&str> = changes.iter().map(|change| change.scenario.as_str()).collect();
    ids.into_iter().filter_map(|id| scenario_of(id, known)).collect()
}

fn scenario_of(id: &str, known: &[Scenario]) -> Option<Scenario> {
    let (owner, sabotage) = id.split_once(MARK).map_or((id, None), |(owner, sabotage)| (owner, Some(sabotage)));
    let owner = known.iter().find(|scenario| scenario.id == owner)?;
    match sabotage {
        None => Some(owner.clone()),
        Some(name) => Some(trial(owner, owner.sabotages.iter().find(|one| one.id == name)?)),
    }
}
