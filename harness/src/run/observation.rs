//! One look at the world for one step, whatever its verb.

use std::time::Duration;

use super::{
    context::{Context, Observation},
    error::StepError,
    steps::{
        alert, client_behaviour, command, envoy_config, inspect, objects, probe, promql, proxy_status, reapply, rotate,
        rules, svid, traffic,
    },
};
use crate::{
    scenario::model::{Action, Step},
    wait::{Check, until},
};

/// Between two looks at what is to come true: of an `eventually`, a `wait` or a confirmation.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Whether one look answers the step. Grids and case files are answered cell by cell.
pub(super) fn answers(action: &Action) -> bool {
    action.observes() && !matches!(action, Action::Cases(_) | Action::Probe(_) | Action::Traffic(_))
}

/// What is seen now.
pub(super) async fn observe(context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
    match &step.action {
        Action::Alert(alert) => alert::observe(context, alert).await,
        Action::Command(printed) => command::observe(context, step, printed).await,
        Action::ClientBehaviour(conduct) => client_behaviour::observe(context, conduct.story).await,
        Action::EnvoyConfig(wanted) => envoy_config::observe(context, wanted).await,
        Action::Get(get) | Action::Wait(get) => objects::observe(context, get).await,
        Action::Inspect(inspect) => inspect::observe(context, inspect).await,
        Action::Promql(promql) => promql::observe(context, promql).await,
        Action::ProxyStatus(wanted) => proxy_status::observe(context, wanted).await,
        Action::Reapply(wanted) => Box::pin(reapply::observe(context, step, wanted)).await,
        Action::Rotate(rotate) => Box::pin(rotate::observe(context, step, rotate)).await,
        Action::Rules(wanted) => rules::observe(context, wanted).await,
        Action::Svid(request) => svid::observe(context, request).await,
        Action::Traffic(wanted) => match &wanted.check {
            Some(id) => traffic::check(context, id).await,
            None => Err(StepError("a stream is looked at with `check`".to_owned())),
        },
        action => Err(StepError(format!("`{}` sees nothing", action.verb()))),
    }
}

/// Waits until what the step demands is seen; running out of time is ours to answer for.
pub(super) async fn until_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    until_it(context, step, &|missing| match missing {
        None => Check::Ready(()),
        Some(missing) => Check::NotYet(missing),
    })
    .await
}

/// Waits until what the step demands is no longer seen.
pub(super) async fn until_not_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    until_it(context, step, &|missing| match missing {
        None => Check::NotYet("it is still seen".to_owned()),
        Some(_) => Check::Ready(()),
    })
    .await
}

async fn until_it(
    context: &Context<'_>,
    step: &Step,
    decide: &(dyn Fn(Option<String>) -> Check<()> + Sync),
) -> Result<(), StepError> {
    let waited = until(&step.id, step.timeout, POLL_INTERVAL, async || match missing(context, step).await {
        Err(trouble) => Check::NotYet(trouble.0),
        Ok(missing) => decide(missing),
    });
    waited.await.map_err(|error| StepError::of(&error))
}

/// The first demand that what is seen now does not meet.
async fn missing(context: &Context<'_>, step: &Step) -> Result<Option<String>, StepError> {
    if let Action::Probe(probe) = &step.action {
        return probe::missing(context, step, probe).await;
    }
    let look = observe(context, step).await?;
    if step.expect.0.is_empty() {
        return Ok((look.facts["exists"] == false).then(|| "it does not exist".to_owned()));
    }
    Ok(step.expect.mismatches(&look.facts).first().map(|mismatch| {
        let observed = mismatch.observed.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        format!("{}: expected {}, observed {observed}", mismatch.path, mismatch.expected)
    }))
}
