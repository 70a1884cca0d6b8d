//! Runs one scenario from its first step to the end of its clean-up.

use std::time::{Duration, Instant};

use mtls_core::{
    duration::{milliseconds, spell_duration},
    evidence::event::{Ending, Event},
    scenario::{
        model::{Fault, Scenario, Step},
        trial::STEP,
        verbs::Role,
    },
};

use super::{
    context::{Context, RunContext},
    error::StepError,
    leftovers::{self, Aftermath},
    steps::{
        observation::{until_met, until_not_met},
        perform, settle, traffic, undo,
    },
    stop::Stop,
};
use crate::stack::workload;

/// Limit of the clean-up. It does not depend on the budget of the scenario.
const CLEANUP_LIMIT: Duration = Duration::from_secs(120);

/// Runs the scenario and records it. Changes are undone after success, failure, timeout and interrupt.
pub(super) async fn execute(run: RunContext<'_>, scenario: &Scenario, stop: Stop) -> Aftermath {
    execute_around(run, scenario, stop, async || {}).await
}

/// Like [`execute`], and runs `inside` after the last step, before the changes are undone.
pub(super) async fn execute_around(
    run: RunContext<'_>,
    scenario: &Scenario,
    mut stop: Stop,
    inside: impl AsyncFnOnce(),
) -> Aftermath {
    let started = Instant::now();
    let recorder = run.recorder;
    recorder.emit(Event::ScenarioStarted { scenario: scenario.id.clone() });
    let context = Context::new(run, scenario);
    let mut ending = tokio::select! {
        ending = async {
            let ending = run_steps(&context).await;
            if ending == Ending::Done {
                inside().await;
            }
            ending
        } => ending,
        () = stop.asked() => Ending::Interrupted,
        () = mtls_engine::wait::pause(scenario.needs.budget) => Ending::OverBudget { reason: format!("not finished within its budget of {}", spell_duration(scenario.needs.budget)) },
    };
    if let Err(error) = clean_up(&context).await {
        recorder.emit(Event::Leftover { what: format!("{}: {error}", scenario.id) });
        if ending == Ending::Done {
            ending = Ending::Broken { reason: format!("clean-up: {error}") };
        }
    }
    recorder.emit(Event::ScenarioEnded {
        scenario: scenario.id.clone(),
        ending,
        took_ms: milliseconds(started.elapsed()),
    });
    leftovers::objects(&context).await
}

/// Waits until the effect of a sabotage is gone, after its changes were undone. A remaining effect is a leftover.
pub(super) async fn is_over(run: RunContext<'_>, scenario: &Scenario, mut stop: Stop) -> Aftermath {
    let context = Context::new(run, scenario);
    let sabotage = faults(scenario).filter(|(id, _)| *id == STEP).map(|(_, fault)| fault);
    let gone = tokio::select! {
        gone = until_each_recovered(&context, sabotage) => gone,
        () = stop.asked() => return Aftermath::Unknown,
    };
    match gone {
        Ok(()) => Aftermath::AsBefore,
        Err(error) => {
            run.recorder.emit(Event::Leftover { what: format!("{}: undone, and {error}", scenario.id) });
            Aftermath::Unknown
        }
    }
}

/// Waits until the effect of every fault of a scenario is gone. For a scenario whose run was killed.
pub(super) async fn until_all_over(run: RunContext<'_>, scenario: &Scenario) -> Result<(), StepError> {
    let context = Context::new(run, scenario);
    until_each_recovered(&context, faults(scenario).map(|(_, fault)| fault)).await
}

/// Observing may itself change the world, for instance issue a certificate to present; such changes are undone at the
/// end.
async fn until_each_recovered<'a>(
    context: &Context<'_>,
    faults: impl Iterator<Item = &'a Fault>,
) -> Result<(), StepError> {
    let mut recovered = Ok(());
    for fault in faults {
        if recovered.is_ok() {
            recovered = until_recovered(context, fault).await;
        }
    }
    let undone = undo::undo_changes(context, None).await;
    recovered.and(undone)
}

fn faults(scenario: &Scenario) -> impl Iterator<Item = (&str, &Fault)> {
    scenario.steps.iter().filter_map(|step| match step.action.role() {
        Role::Breaks(fault) => Some((step.id.as_str(), fault)),
        Role::Observes
        | Role::SumsUp
        | Role::Renews
        | Role::Handshakes(_)
        | Role::Cases(_)
        | Role::Changes
        | Role::Waits
        | Role::Steers => None,
    })
}

async fn until_recovered(context: &Context<'_>, fault: &Fault) -> Result<(), StepError> {
    if !is_ephemeral(context, &fault.confirm).await {
        until_not_met(context, &fault.confirm).await?;
    }
    match &fault.recovered {
        Some(sign) => until_met(context, sign).await,
        None => Ok(()),
    }
}

/// Whether a step observes a participant whose Deployment was removed with the scenario that created it. The effect on
/// it is then gone as well.
async fn is_ephemeral(context: &Context<'_>, step: &Step) -> bool {
    let observed = step.action.footprint(&context.scenario.participants).observed;
    // Only a cluster has Deployments.
    if context.world.kube().is_err() {
        return false;
    }
    for member in observed.iter().filter_map(|name| context.member(name).ok()) {
        if let Ok(None) = context.world.get(&workload::deployment(member)).await {
            return true;
        }
    }
    false
}

async fn run_steps(context: &Context<'_>) -> Ending {
    let setup = context.scenario.setup.iter().map(|step| (StepRole::Unjudged, step));
    let steps = context.scenario.steps.iter().map(|step| (StepRole::Judged, step));
    for (role, step) in setup.chain(steps) {
        if let Err(error) = recorded(context, role, step).await {
            return Ending::Broken { reason: format!("{}: {error}", step.id) };
        }
        if let Some(failure) = context.recorder.failure() {
            return Ending::Broken { reason: failure };
        }
    }
    Ending::Done
}

/// Whether the observations of a step are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepRole {
    /// Set-up, clean-up and the steps of a fault: an expectation that is not met is a harness error.
    Unjudged,
    Judged,
}

async fn recorded(context: &Context<'_>, role: StepRole, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    let result = match role {
        StepRole::Unjudged => settle(context, step).await,
        StepRole::Judged => Box::pin(perform(context, step)).await,
    };
    let ending = match &result {
        Ok(()) => Ending::Done,
        Err(error) => Ending::Broken { reason: error.0.clone() },
    };
    context.recorder.emit(Event::StepEnded {
        scenario: context.scenario.id.clone(),
        step: step.id.clone(),
        ending,
        took_ms: milliseconds(started.elapsed()),
    });
    result
}

async fn clean_up(context: &Context<'_>) -> Result<(), StepError> {
    let work = async {
        let mut first = None;
        for step in &context.scenario.finally {
            if let Err(error) = recorded(context, StepRole::Unjudged, step).await {
                first.get_or_insert(error);
            }
        }
        traffic::stop_all(context);
        if let Err(error) = undo::undo_changes(context, None).await {
            first.get_or_insert(error);
        }
        first.map_or(Ok(()), Err)
    };
    tokio::time::timeout(CLEANUP_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(StepError(format!("not finished within {}", spell_duration(CLEANUP_LIMIT)))))
}
