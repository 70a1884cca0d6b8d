//! Decides the order of scenarios and which of them run at the same time.

use std::cmp::Reverse;

use futures::{StreamExt, stream::FuturesUnordered};
use mtls_core::{
    evidence::{
        event::{Ending, Event},
        plan::Plan,
    },
    scenario::{
        library::Entry,
        model::{Isolation, Mode, Scenario},
        trial::{holder, trial, under, unscripted_id},
    },
};

use super::{
    context::RunContext,
    execute::{execute, execute_around, is_over},
    footprint::Footprint,
    journal::Journal,
    leftovers::{self, Aftermath},
    recorder::{Recorder, chain},
    stop::Stop,
};
use crate::world::World;

/// Number of concurrent scenarios: they mostly wait, and the host has two cores.
const SCENARIOS_AT_ONCE: usize = 3;

/// Runs every applicable scenario of the plan: concurrently the read-only ones, then concurrently those that change
/// only their own namespaces, then the others one by one, then the trials of sabotages.
pub(super) async fn run_all(run: RunContext<'_>, scenarios: &[Scenario], plan: &Plan, stop: &Stop) {
    let applicable = |scenario: &&Scenario| {
        plan.scenarios.iter().any(|planned| planned.id == scenario.id && planned.not_applicable.is_none())
    };
    let isolated = |isolations: &[Isolation]| {
        let is_isolated = |scenario: &&Scenario| isolations.contains(&scenario.isolation);
        scenarios.iter().filter(applicable).filter(is_isolated).collect::<Vec<_>>()
    };
    for together in [isolated(&[Isolation::Shared]), isolated(&[Isolation::Namespace])] {
        let owners = together.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>().join(" or ");
        leftovers::watched(run, &owners, as_declared(run, together, stop)).await;
    }
    for scenario in isolated(&[Isolation::Cluster]) {
        leftovers::watched(run, &scenario.id, run_and_close(run, scenario, stop)).await;
    }
    try_sabotages(run, scenarios, plan, stop).await;
}

/// Runs the trials of a plan. A trial starts after the effects of conflicting earlier trials are gone.
async fn try_sabotages(run: RunContext<'_>, scenarios: &[Scenario], plan: &Plan, stop: &Stop) {
    let mut trials = Vec::new();
    for planned in plan.sabotages.iter().filter(|one| one.tried && one.trial.not_applicable.is_none()) {
        let Some(owner) = scenarios.iter().find(|scenario| scenario.id == planned.scenario) else { continue };
        let sabotages = owner.sabotages.iter().filter(|one| one.trial_id(&owner.id) == planned.trial.id);
        trials.extend(sabotages.map(|one| (one.mode, trial(owner, one))));
    }
    // Full trials take longest, and may need a world without recent changes.
    trials.sort_by_key(|(mode, _)| *mode != Mode::Full);
    let footprints = trials.iter().map(|(_, trial)| (trial, Footprint::in_full(trial))).collect();
    let at_once = run.world.pace().trials;
    run_concurrently(footprints, at_once, async |trial| {
        let work = async {
            let restored = guarded(run, trial, stop).await;
            let recovered = is_over(run, trial, stop.clone()).await;
            close(run, trial, &[restored, recovered]).await;
        };
        leftovers::watched(run, &trial.id, work).await;
    })
    .await;
}

/// Makes each change of the library in turn, and runs every read-only scenario again under it.
pub(super) async fn run_unscripted(
    run: RunContext<'_>,
    scenarios: &[Scenario],
    changes: &[(&str, &Entry)],
    plan: &Plan,
    stop: &Stop,
) {
    for planned in plan.wild.iter().filter(|one| one.not_applicable.is_none()) {
        let Some((name, entry)) = changes.iter().find(|(name, _)| unscripted_id(name) == planned.id) else { continue };
        if stop.is_asked() || run.recorder.failure().is_some() {
            return;
        }
        let holder = holder(&planned.id, &entry.change);
        let trials: Vec<Scenario> = scenarios
            .iter()
            .map(|scenario| under(scenario, name))
            .filter(|trial| planned.trials.iter().any(|one| one.id == trial.id))
            .collect();
        let change = async {
            let inside = async || as_declared(run, trials.iter().collect(), stop).await;
            let restored = execute_around(run, &holder, stop.clone(), inside).await;
            let recovered = is_over(run, &holder, stop.clone()).await;
            close(run, &holder, &[restored, recovered]).await;
        };
        leftovers::watched(run, &holder.id, change).await;
    }
}

/// Runs scenarios concurrently whose isolation allows it.
async fn as_declared(run: RunContext<'_>, mut scenarios: Vec<&Scenario>, stop: &Stop) {
    // The longest starts first: started last, it would run alone at the end.
    scenarios.sort_by_key(|scenario| Reverse(scenario.needs.budget));
    let footprints = scenarios.into_iter().map(|scenario| (scenario, Footprint::declared(scenario))).collect();
    run_concurrently(footprints, SCENARIOS_AT_ONCE, async |scenario| run_and_close(run, scenario, stop).await).await;
}

/// Runs at most `at_once` scenarios at the same time, and never two with conflicting footprints. The first scenario in
/// the list that may start is started next.
async fn run_concurrently(scenarios: Vec<(&Scenario, Footprint)>, at_once: usize, run: impl AsyncFn(&Scenario)) {
    let mut waiting = scenarios;
    let mut running: Vec<(&str, Footprint)> = Vec::new();
    let mut futures = FuturesUnordered::new();
    loop {
        let may_start =
            |(_, footprint): &(&Scenario, Footprint)| running.iter().all(|(_, other)| !footprint.conflicts_with(other));
        let next = if futures.len() < at_once { waiting.iter().position(may_start) } else { None };
        if let Some(index) = next {
            let (scenario, footprint) = waiting.remove(index);
            running.push((&scenario.id, footprint));
            let run = &run;
            futures.push(async move {
                run(scenario).await;
                scenario.id.as_str()
            });
        } else {
            let Some(ended) = futures.next().await else { return };
            running.retain(|(id, _)| *id != ended);
        }
    }
}

/// Runs a scenario and removes its changes from the journal once they are undone.
async fn run_and_close(run: RunContext<'_>, scenario: &Scenario, stop: &Stop) {
    let restored = guarded(run, scenario, stop).await;
    close(run, scenario, &[restored]).await;
}

/// Runs and records one scenario without a plan. The permissions of the world are not checked.
pub async fn execute_alone(world: &World, recorder: &Recorder, scenario: &Scenario, stop: Stop) {
    let journal = Journal::new(world.journal_home(), "alone");
    let run = RunContext { world, recorder, journal: &journal };
    let restored = execute(run, scenario, stop).await;
    close(run, scenario, &[restored]).await;
}

/// Removes the changes of a scenario from the journal if the world is as before them; otherwise the next run repairs
/// it.
async fn close(run: RunContext<'_>, scenario: &Scenario, aftermath: &[Aftermath]) {
    if aftermath.contains(&Aftermath::Unknown) {
        return;
    }
    match run.journal.close(&scenario.id).await {
        Ok(changes) if changes.is_empty() => {}
        Ok(changes) => run.recorder.emit(Event::ChangesUndone { changes }),
        Err(error) => run.recorder.emit(Event::Leftover { what: format!("{}: {}", scenario.id, chain(&error)) }),
    }
}

/// Runs a scenario unless the run is to stop, the record is incomplete, or the world does not permit the scenario.
async fn guarded(run: RunContext<'_>, scenario: &Scenario, stop: &Stop) -> Aftermath {
    let refused = if stop.is_asked() {
        Some(Ending::Interrupted)
    } else if let Some(reason) = run.recorder.failure() {
        Some(Ending::Broken { reason })
    } else {
        // The plan leaves out trials that the world does not permit; this refuses the change of an unplanned scenario.
        let reason = run.world.offered.permissions.refusal(scenario, &run.world.offered.world);
        reason.map(|reason| Ending::NotApplicable { reason })
    };
    match refused {
        Some(ending) => {
            run.recorder.emit(Event::ScenarioEnded { scenario: scenario.id.clone(), ending, took_ms: 0 });
            Aftermath::AsBefore
        }
        // Boxed: the future of a scenario is too large for the future of a whole run.
        None => Box::pin(execute(run, scenario, stop.clone())).await,
    }
}
