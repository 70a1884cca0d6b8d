//! Which scenarios run side by side.

use std::cmp::Reverse;

use futures::{StreamExt, stream::FuturesUnordered};

use super::{
    context::RunContext,
    execute::{execute, execute_around, is_over},
    footprint::Footprint,
    leftovers::{self, Aftermath},
    recorder::chain,
    stop::Stop,
};
use crate::{
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

/// Scenarios at the same time: enough to hide waiting, few enough for two cores.
const SIDE_BY_SIDE: usize = 3;
/// Fewer, for a sabotage makes programs restart.
const TRIALS_AT_ONCE: usize = 2;

/// Runs every scenario that the plan finds applicable: read-only ones side by side, then those that change only what is their own,
/// then the others one by one, then the trials of sabotages.
pub(super) async fn run_all(run: RunContext<'_>, scenarios: &[Scenario], plan: &Plan, stop: &Stop) {
    let applicable = |scenario: &&Scenario| {
        plan.scenarios.iter().any(|planned| planned.id == scenario.id && planned.not_applicable.is_none())
    };
    let isolated = |wanted: &[Isolation]| {
        let is_wanted = |scenario: &&Scenario| wanted.contains(&scenario.isolation);
        scenarios.iter().filter(applicable).filter(is_wanted).collect::<Vec<_>>()
    };
    for together in [isolated(&[Isolation::Shared]), isolated(&[Isolation::Namespace])] {
        let who = together.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>().join(" or ");
        leftovers::watched(run, &who, as_declared(run, together, stop)).await;
    }
    for scenario in isolated(&[Isolation::Cluster, Isolation::Exclusive]) {
        leftovers::watched(run, &scenario.id, to_its_end(run, scenario, stop)).await;
    }
    try_sabotages(run, scenarios, plan, stop).await;
}

/// Tells the trials of a plan, each in a world that has got over all before it that it could notice.
async fn try_sabotages(run: RunContext<'_>, scenarios: &[Scenario], plan: &Plan, stop: &Stop) {
    let mut trials = Vec::new();
    for planned in plan.sabotages.iter().filter(|one| one.tried && one.trial.not_applicable.is_none()) {
        let Some(owner) = scenarios.iter().find(|scenario| scenario.id == planned.scenario) else { continue };
        let wanted = owner.sabotages.iter().filter(|one| one.trial_id(&owner.id) == planned.trial.id);
        trials.extend(wanted.map(|one| (one.mode, trial(owner, one))));
    }
    // A whole story takes longest, and may ask for a world in which nothing has happened of late.
    trials.sort_by_key(|(mode, _)| *mode != Mode::Fork);
    let told = trials.iter().map(|(_, trial)| (trial, Footprint::in_full(trial))).collect();
    // What a world without a cluster holds is told by looking at all of it, whoever it belongs to.
    let at_once = if run.world.kube().is_ok() { TRIALS_AT_ONCE } else { 1 };
    side_by_side(told, at_once, async |trial| {
        let told = async {
            let restored = guarded(run, trial, stop).await;
            let over = is_over(run, trial, stop.clone()).await;
            close(run, trial, [restored, over]).await;
        };
        leftovers::watched(run, &trial.id, told).await;
    })
    .await;
}

/// Makes each change of the library in turn, and tells every scenario that only looks again under it.
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
        let told: Vec<Scenario> = scenarios
            .iter()
            .map(|scenario| under(scenario, name))
            .filter(|trial| planned.trials.iter().any(|one| one.id == trial.id))
            .collect();
        let change = async {
            let inside = async || as_declared(run, told.iter().collect(), stop).await;
            let restored = execute_around(run, &holder, stop.clone(), inside).await;
            let over = is_over(run, &holder, stop.clone()).await;
            close(run, &holder, [restored, over]).await;
        };
        leftovers::watched(run, &holder.id, change).await;
    }
}

/// Tells scenarios side by side that say of themselves that they may be.
async fn as_declared(run: RunContext<'_>, mut scenarios: Vec<&Scenario>, stop: &Stop) {
    // One that takes long and begins last would be waited for alone.
    scenarios.sort_by_key(|scenario| Reverse(scenario.needs.budget));
    let told = scenarios.into_iter().map(|scenario| (scenario, Footprint::declared(scenario))).collect();
    side_by_side(told, SIDE_BY_SIDE, async |scenario| to_its_end(run, scenario, stop).await).await;
}

/// Tells scenarios at the same time, as many as that and no two that meet; of those that may begin, always the first.
async fn side_by_side(scenarios: Vec<(&Scenario, Footprint)>, at_once: usize, tell: impl AsyncFn(&Scenario)) {
    let mut waiting = scenarios;
    let mut under_way: Vec<(&str, Footprint)> = Vec::new();
    let mut told = FuturesUnordered::new();
    loop {
        let may_begin = |(_, footprint): &(&Scenario, Footprint)| {
            under_way.iter().all(|(_, other)| !footprint.conflicts_with(other))
        };
        let next = if told.len() < at_once { waiting.iter().position(may_begin) } else { None };
        if let Some(index) = next {
            let (scenario, footprint) = waiting.remove(index);
            under_way.push((&scenario.id, footprint));
            let tell = &tell;
            told.push(async move {
                tell(scenario).await;
                scenario.id.as_str()
            });
        } else {
            let Some(over) = told.next().await else { return };
            under_way.retain(|(id, _)| *id != over);
        }
    }
}

/// Runs a scenario, and takes its changes from the journal once they are undone.
async fn to_its_end(run: RunContext<'_>, scenario: &Scenario, stop: &Stop) {
    let restored = guarded(run, scenario, stop).await;
    close(run, scenario, [restored]).await;
}

/// Takes the changes of a scenario from the journal, if the world is as it was before them: else the next run has to repair it.
async fn close<const N: usize>(run: RunContext<'_>, scenario: &Scenario, aftermath: [Aftermath; N]) {
    if aftermath.contains(&Aftermath::Unknown) {
        return;
    }
    match run.journal.close(&scenario.id).await {
        Ok(changes) if changes.is_empty() => {}
        Ok(changes) => run.recorder.emit(Event::ChangesUndone { changes }),
        Err(error) => run.recorder.emit(Event::Leftover { what: format!("{}: {}", scenario.id, chain(&error)) }),
    }
}

async fn guarded(run: RunContext<'_>, scenario: &Scenario, stop: &Stop) -> Aftermath {
    let refused = if stop.is_asked() {
        Some(Ending::Interrupted)
    } else if let Some(reason) = run.recorder.failure() {
        Some(Ending::Broken { reason })
    } else {
        // A plan has no trial that the world does not permit; a change that has come in another way ends here.
        let reason = run.world.permissions.refusal(scenario, run.world.name);
        reason.map(|reason| Ending::NotApplicable { reason })
    };
    match refused {
        Some(ending) => {
            run.recorder.emit(Event::ScenarioEnded { scenario: scenario.id.clone(), ending, took_ms: 0 });
            Aftermath::AsBefore
        }
        // On the heap: the future of a whole scenario is too deep to lie in that of a whole run.
        None => Box::pin(execute(run, scenario, stop.clone())).await,
    }
}
