//! One scenario from its first step to its last clean-up.

use std::time::{Duration, Instant};

use super::{
    context::{Context, RunContext},
    error::StepError,
    journal::Journal,
    leftovers::{self, Aftermath},
    observation::{answers, observe, until_met, until_not_met},
    recorder::{Recorder, chain},
    sampling::sample,
    steps::{cases, objects, probe, programs, traffic, trust, undo},
    stop::Stop,
};
use crate::{
    duration::spell_duration,
    evidence::event::{Ending, Event},
    scenario::{
        model::{Action, Break, Scenario, Step, Traffic},
        trial::STEP,
    },
    stack::workload,
    world::World,
};

/// Cleaning up may take this long whatever the budget says.
const CLEANUP_LIMIT: Duration = Duration::from_secs(120);

/// Runs the scenario and records it. Nothing is left behind: inverses run after success, failure, time-out and interrupt.
pub(super) async fn execute(run: RunContext<'_>, scenario: &Scenario, stop: Stop) -> Aftermath {
    execute_around(run, scenario, stop, async || {}).await
}

/// Runs one scenario that no plan has, whatever the world permits, and records it.
pub async fn execute_alone(world: &World, recorder: &Recorder, scenario: &Scenario, stop: Stop) {
    let journal = Journal::new(world.journal_home(), "alone");
    let run = RunContext { world, recorder, journal: &journal };
    if execute(run, scenario, stop).await == Aftermath::AsBefore
        && let Err(error) = journal.close(&scenario.id).await
    {
        recorder.emit(Event::Leftover { what: chain(&error) });
    }
}

/// [`execute`] with something else to do after the last step, before anything is undone.
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
            let ending = story(&context).await;
            if ending == Ending::Done {
                inside().await;
            }
            ending
        } => ending,
        () = stop.asked() => Ending::Interrupted,
        () = crate::wait::pause(scenario.needs.budget) => Ending::OverBudget { reason: format!("not over within its budget of {}", spell_duration(scenario.needs.budget)) },
    };
    if let Err(trouble) = clean_up(&context).await {
        recorder.emit(Event::Leftover { what: format!("{}: {trouble}", scenario.id) });
        if ending == Ending::Done {
            ending = Ending::Broken { reason: format!("clean-up: {trouble}") };
        }
    }
    recorder.emit(Event::ScenarioEnded { scenario: scenario.id.clone(), ending, took_ms: millis(started) });
    leftovers::objects(&context).await
}

/// Waits until a sabotage is no longer live, after its changes have been undone. What stays is a leftover.
pub(super) async fn is_over(run: RunContext<'_>, scenario: &Scenario, mut stop: Stop) -> Aftermath {
    let context = Context::new(run, scenario);
    let sabotage = faults(scenario).filter(|(id, _)| *id == STEP).map(|(_, fault)| fault);
    let gone = tokio::select! {
        gone = until_each_over(&context, sabotage) => gone,
        () = stop.asked() => return Aftermath::Unknown,
    };
    match gone {
        Ok(()) => Aftermath::AsBefore,
        Err(trouble) => {
            run.recorder.emit(Event::Leftover { what: format!("{}: undone, and {trouble}", scenario.id) });
            Aftermath::Unknown
        }
    }
}

/// The same of a scenario whose run was killed: of every fault that it may have made.
pub(super) async fn until_all_over(run: RunContext<'_>, scenario: &Scenario) -> Result<(), StepError> {
    let context = Context::new(run, scenario);
    until_each_over(&context, faults(scenario).map(|(_, fault)| fault)).await
}

/// Looking may change something as well: a certificate is issued to be presented.
async fn until_each_over<'a>(context: &Context<'_>, faults: impl Iterator<Item = &'a Break>) -> Result<(), StepError> {
    let mut over = Ok(());
    for fault in faults {
        if over.is_ok() {
            over = until_over(context, fault).await;
        }
    }
    let undone = undo::undo_changes(context, None).await;
    over.and(undone)
}

fn faults(scenario: &Scenario) -> impl Iterator<Item = (&str, &Break)> {
    scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Break(fault) => Some((step.id.as_str(), fault)),
        _ => None,
    })
}

async fn until_over(context: &Context<'_>, fault: &Break) -> Result<(), StepError> {
    if !is_ephemeral(context, &fault.confirm).await {
        until_not_met(context, &fault.confirm).await?;
    }
    match &fault.over {
        Some(sign) => until_met(context, sign).await,
        None => Ok(()),
    }
}

/// Whether a look needs somebody who is gone with the scenario that made them: a pair of its own, say. What was done to them is
/// gone as well.
async fn is_ephemeral(context: &Context<'_>, step: &Step) -> bool {
    let names: Vec<&String> = match &step.action {
        Action::Svid(request) => vec![&request.of],
        Action::Probe(probe) => probe.rows.keys().chain([&probe.to]).collect(),
        _ => return false,
    };
    // Only a cluster has Deployments to ask for.
    if context.world.kube().is_err() {
        return false;
    }
    for member in names.into_iter().filter_map(|name| context.member(name).ok()) {
        if let Ok(None) = context.world.get(&workload::deployment(member)).await {
            return true;
        }
    }
    false
}

async fn story(context: &Context<'_>) -> Ending {
    let setup = context.scenario.setup.iter().map(|step| (StepRole::Unjudged, step));
    let steps = context.scenario.steps.iter().map(|step| (StepRole::Judged, step));
    for (part, step) in setup.chain(steps) {
        if let Err(trouble) = recorded(context, part, step).await {
            return Ending::Broken { reason: format!("{}: {trouble}", step.id) };
        }
        if let Some(failure) = context.recorder.failure() {
            return Ending::Broken { reason: failure };
        }
    }
    Ending::Done
}

/// Whether what a step sees is judged, or has to be so for the story to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepRole {
    /// Set-up, clean-up and the inside of a fault: an expectation that does not come true is trouble of ours.
    Unjudged,
    Judged,
}

async fn recorded(context: &Context<'_>, part: StepRole, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    let result = match part {
        StepRole::Unjudged => settle(context, step).await,
        StepRole::Judged => Box::pin(perform(context, step)).await,
    };
    let ending = match &result {
        Ok(()) => Ending::Done,
        Err(trouble) => Ending::Broken { reason: trouble.0.clone() },
    };
    context.recorder.emit(Event::StepEnded {
        scenario: context.scenario.id.clone(),
        step: step.id.clone(),
        ending,
        took_ms: millis(started),
    });
    result
}

async fn perform(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    match &step.action {
        // Worth doing without looking: nothing is demanded of it, so nothing is planned for it.
        Action::Rotate(_) if step.expect.0.is_empty() => return observe(context, step).await.map(|_| ()),
        action if answers(action) => sample(context, step, async || observe(context, step).await).await,
        Action::Traffic(traffic) => return stream(context, step, traffic).await,
        Action::Cases(wanted) => cases::run(context, step, wanted).await,
        Action::Probe(probe) => probe::run(context, step, probe).await,
        Action::Apply(apply) => return objects::apply(context, step, apply).await,
        Action::Delete(target) => return objects::delete(context, step, target).await,
        Action::Patch(patch) => return objects::patch(context, step, patch).await,
        Action::Exec(wanted) => return programs::exec(context, step, wanted).await,
        Action::Trust(wanted) => return trust::trust(context, step, wanted).await,
        Action::Misconfigure(wanted) => return programs::weaken(context, step, wanted).await,
        Action::Wait(_) => return until_met(context, step).await,
        Action::Break(fault) => return break_it(context, step, fault).await,
        Action::Heal(id) => return heal(context, id).await,
        action => return Err(StepError(format!("nobody knows how to `{}`", action.verb()))),
    }
    Ok(())
}

async fn stream(context: &Context<'_>, step: &Step, wanted: &Traffic) -> Result<(), StepError> {
    if let Some(start) = &wanted.start {
        traffic::start(context, start).await?;
        return traffic::warm(context, &start.id, step.timeout).await;
    }
    if let Some(id) = &wanted.check {
        sample(context, step, async || traffic::check(context, id).await).await;
    }
    if let Some(id) = &wanted.stop {
        traffic::stop(context, id).await?;
        if !step.expect.0.is_empty() {
            sample(context, step, async || traffic::check(context, id).await).await;
        }
    }
    Ok(())
}

/// Breaks something and proves that it is broken; an unconfirmed fault would make what follows meaningless.
async fn break_it(context: &Context<'_>, step: &Step, fault: &Break) -> Result<(), StepError> {
    let from = jiff::Timestamp::now();
    for inner in &fault.steps {
        // Changes are registered under the fault's own id, so that `heal` finds them.
        let owned = Step { id: step.id.clone(), ..inner.clone() };
        settle(context, &owned).await?;
    }
    settle(context, &fault.confirm)
        .await
        .map_err(|trouble| StepError(format!("the fault is not confirmed: {trouble}")))?;
    context.mark("faults", step.id.clone(), from, None, std::collections::BTreeMap::new());
    Ok(())
}

/// Does a step that is not judged: what it changes is changed, what it looks at must come true within its timeout.
async fn settle(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    match &step.action {
        Action::Cases(_) => Err(StepError("`cases` stands only in the story".to_owned())),
        Action::Probe(_) => until_met(context, step).await,
        action if answers(action) => until_met(context, step).await,
        _ => Box::pin(perform(context, step)).await,
    }
}

async fn heal(context: &Context<'_>, id: &str) -> Result<(), StepError> {
    undo::undo_changes(context, Some(id)).await?;
    context.mark("faults", format!("{id} healed"), jiff::Timestamp::now(), None, std::collections::BTreeMap::new());
    Ok(())
}

async fn clean_up(context: &Context<'_>) -> Result<(), StepError> {
    let work = async {
        let mut first = None;
        for step in &context.scenario.finally {
            if let Err(trouble) = recorded(context, StepRole::Unjudged, step).await {
                first.get_or_insert(trouble);
            }
        }
        traffic::stop_all(context);
        if let Err(trouble) = undo::undo_changes(context, None).await {
            first.get_or_insert(trouble);
        }
        first.map_or(Ok(()), Err)
    };
    tokio::time::timeout(CLEANUP_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(StepError(format!("not over within {}", spell_duration(CLEANUP_LIMIT)))))
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
