//! Undoing changes: of a scenario at its end, or of a run that was killed.

use std::time::Duration;

use super::{command, programs};
use crate::{
    run::{context::Context, error::StepError, undo::Undo},
    wait::{Check, until},
    world::World,
};

const UNDO_LIMIT: Duration = Duration::from_secs(45);

/// Undoes what a step (or, with `None`, every step) has changed, last change first, and goes on after a refusal.
pub(crate) async fn undo_changes(context: &Context<'_>, step: Option<&str>) -> Result<(), StepError> {
    let mut first = None;
    for made in context.changes_of(step) {
        match until_undone(context.world, &made.undo).await {
            Ok(()) => context.undone(made),
            Err(trouble) => drop(first.get_or_insert(trouble)),
        }
    }
    first.map_or(Ok(()), Err)
}

/// Undoes one change. An API server that is away is waited for: it may be what the scenario broke.
pub(crate) async fn until_undone(world: &World, undo: &Undo) -> Result<(), StepError> {
    let undone = until("an undone change", UNDO_LIMIT, Duration::from_millis(500), async || {
        match self::undo(world, undo).await {
            Ok(()) => Check::Ready(()),
            Err(trouble) => Check::NotYet(trouble.0),
        }
    });
    undone.await.map_err(|error| StepError::of(&error))
}

/// Undoes the change. Undoing it twice is the same as undoing it once.
///
/// # Errors
///
/// When the world refuses or does not answer.
pub(crate) async fn undo(world: &World, undo: &Undo) -> Result<(), StepError> {
    match undo {
        Undo::Command(text) => command::undo(world, text).await,
        Undo::Exec(exec) => programs::undo(world, exec).await,
        Undo::Faults(before) => world.client_faults(before).map(|_| ()).map_err(|error| StepError::of(&error)),
        Undo::Leaf(member) => world.restore_leaf(member).map_err(|error| StepError::of(&error)),
        Undo::Object(inverse) => world.undo(inverse).await.map_err(|error| StepError::of(&error)),
        Undo::Rules(file) => {
            world.sources.restore(file);
            Ok(())
        }
        Undo::SelfHealing(_) => Ok(()),
        Undo::Workload(member) => world.set_workload_faults(member, &[]).await.map_err(|error| StepError::of(&error)),
    }
}
