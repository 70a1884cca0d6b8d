//! Undoes changes: of a scenario at its end, or of a killed run.

use std::time::Duration;

use mtls_engine::wait::{Check, until};

use super::{command, exec};
use crate::{
    run::{context::Context, error::StepError, undo::Undo},
    world::World,
};

/// Undoes the changes of a step (with `None`, of every step), last change first. It goes on after an error and returns
/// the first one.
pub(crate) async fn undo_changes(context: &Context<'_>, step: Option<&str>) -> Result<(), StepError> {
    let mut first = None;
    for made in context.changes_of(step) {
        match until_undone(context.world, &made.undo).await {
            Ok(()) => context.undone(made),
            Err(error) => drop(first.get_or_insert(error)),
        }
    }
    first.map_or(Ok(()), Err)
}

/// Undoes one change, with retries: the scenario may have stopped the API server itself.
pub(crate) async fn until_undone(world: &World, undo: &Undo) -> Result<(), StepError> {
    let undone =
        until("an undone change", world.pace().recovery, Duration::from_millis(500), async || {
            match self::undo(world, undo).await {
                Ok(()) => Check::Ready(()),
                Err(error) => Check::NotYet(error.0),
            }
        });
    undone.await.map_err(|error| StepError::of(&error))
}

/// Undoes the change. This is idempotent.
///
/// # Errors
///
/// When the world refuses or does not answer.
pub(crate) async fn undo(world: &World, undo: &Undo) -> Result<(), StepError> {
    match undo {
        Undo::Command(text) => command::undo(world, text).await,
        Undo::Exec(program) => exec::undo(world, program).await,
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
