//! Repeats the observations of a step that is not judged, until its expectation is met or no longer met.

use mtls_core::scenario::{model::Step, verbs::Role};
use mtls_engine::wait::{Check, until};

use super::{observe, probe};
use crate::run::{context::Context, error::StepError, sampling::POLL_INTERVAL};

/// Waits until the expectations of the step are met. A timeout is a harness error.
pub(crate) async fn until_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    wait_until(context, step, &|missing| match missing {
        None => Check::Ready(()),
        Some(missing) => Check::NotYet(missing),
    })
    .await
}

/// Waits until the expectations of the step are no longer met.
pub(crate) async fn until_not_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    wait_until(context, step, &|missing| match missing {
        None => Check::NotYet("it is still observed".to_owned()),
        Some(_) => Check::Ready(()),
    })
    .await
}

async fn wait_until(
    context: &Context<'_>,
    step: &Step,
    decide: &(dyn Fn(Option<String>) -> Check<()> + Sync),
) -> Result<(), StepError> {
    let waited = until(&step.id, step.timeout, POLL_INTERVAL, async || match missing(context, step).await {
        Err(error) => Check::NotYet(error.0),
        Ok(missing) => decide(missing),
    });
    waited.await.map_err(|error| StepError::of(&error))
}

/// The first expectation that an observation does not meet.
async fn missing(context: &Context<'_>, step: &Step) -> Result<Option<String>, StepError> {
    if let Role::Handshakes(grid) = step.action.role() {
        return probe::missing(context, step, grid).await;
    }
    let observation = observe(context, step).await?;
    if step.expect.0.is_empty() {
        return Ok((observation.facts["exists"] == false).then(|| "it does not exist".to_owned()));
    }
    Ok(step.expect.mismatches(&observation.facts).first().map(|mismatch| {
        let observed = mismatch.observed.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        format!("{}: expected {}, observed {observed}", mismatch.path, mismatch.expected)
    }))
}
