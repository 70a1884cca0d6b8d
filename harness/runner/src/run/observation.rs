//! Observes the world once for a step, by its verb.

use std::time::Duration;

use mtls_core::scenario::model::{Action, Step};
use mtls_engine::wait::{Check, until};

use super::{
    context::{Context, Observation},
    error::StepError,
    steps::{
        alert, client_behaviour, command, envoy_config, inspect, objects, probe, promql, proxy_status, reapply, rotate,
        rules, svid, traffic,
    },
};

/// Time between two observations of an `eventually`, a `wait` or a confirmation.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Whether one observation answers the step. Grids, case files and streams are recorded in their own way.
pub(super) fn answers(action: &Action) -> bool {
    action.observes() && !matches!(action, Action::Cases(_) | Action::Probe(_) | Action::Traffic(_))
}

/// Observes the world once.
pub(super) async fn observe(context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
    match &step.action {
        Action::Alert(alert) => alert::observe(context, alert).await,
        Action::Command(printed) => command::observe(context, step, printed).await,
        Action::ClientBehaviour(behaviour) => client_behaviour::observe(context, behaviour.case).await,
        Action::EnvoyConfig(request) => envoy_config::observe(context, request).await,
        Action::Get(get) | Action::Wait(get) => objects::observe(context, get).await,
        Action::Inspect(inspect) => inspect::observe(context, inspect).await,
        Action::Promql(promql) => promql::observe(context, promql).await,
        Action::ProxyStatus(request) => proxy_status::observe(context, request).await,
        Action::Reapply(request) => Box::pin(reapply::observe(context, step, request)).await,
        Action::Rotate(rotate) => Box::pin(rotate::observe(context, step, rotate)).await,
        Action::Rules(request) => rules::observe(context, request).await,
        Action::Svid(request) => svid::observe(context, request).await,
        Action::Traffic(request) => match &request.check {
            Some(id) => traffic::check(context, id).await,
            None => Err(StepError("only `check` observes a stream".to_owned())),
        },
        action => Err(StepError(format!("`{}` observes nothing", action.verb()))),
    }
}

/// Waits until the expectations of the step are met. A timeout is a harness error.
pub(super) async fn until_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    wait_until(context, step, &|missing| match missing {
        None => Check::Ready(()),
        Some(missing) => Check::NotYet(missing),
    })
    .await
}

/// Waits until the expectations of the step are no longer met.
pub(super) async fn until_not_met(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
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
    if let Action::Probe(probe) = &step.action {
        return probe::missing(context, step, probe).await;
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
