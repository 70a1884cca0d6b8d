//! Which scenarios run side by side.

use std::{cmp::Reverse, collections::BTreeMap};

use futures::{StreamExt, stream};
use tokio::sync::Mutex;

use super::{
    execute::{execute, execute_around, is_over},
    leaks,
    recorder::Recorder,
    stop::Stop,
};
use crate::{
    evidence::{
        event::{Ending, Event},
        plan::Plan,
    },
    scenario::{
        library::Entry,
        model::{Isolation, Scenario},
        sabotage::{holder, trial, under, wild_id},
        territory,
    },
    world::{Changes, World},
};

/// Scenarios at the same time: enough to hide waiting, few enough for two cores.
const SIDE_BY_SIDE: usize = 3;

/// Runs every scenario that the plan finds applicable: read-only ones side by side, then those that change only what is their own,
/// then the others one by one, then the trials of sabotages, each in a world that has got over the one before.
pub async fn run_all(world: &World, recorder: &Recorder, scenarios: &[Scenario], plan: &Plan, stop: &Stop) {
    let applicable = |scenario: &&Scenario| {
        plan.scenarios.iter().any(|planned| planned.id == scenario.id && planned.not_applicable.is_none())
    };
    let isolated = |wanted: &[Isolation]| {
        let is_wanted = |scenario: &&Scenario| wanted.contains(&scenario.isolation);
        scenarios.iter().filter(applicable).filter(is_wanted).collect::<Vec<_>>()
    };
    for together in [isolated(&[Isolation::Shared]), isolated(&[Isolation::Namespace])] {
        let who = together.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>().join(" or ");
        leaks::watched(world, recorder, &who, side_by_side(world, recorder, together, stop)).await;
    }
    for scenario in isolated(&[Isolation::Cluster, Isolation::Exclusive]) {
        leaks::watched(world, recorder, &scenario.id, guarded(world, recorder, scenario, stop)).await;
    }
    for sabotage in plan.sabotages.iter().filter(|one| one.tried && one.trial.not_applicable.is_none()) {
        let owner = scenarios.iter().find(|scenario| scenario.id == sabotage.scenario);
        let trials = owner.iter().flat_map(|owner| owner.sabotages.iter().map(|one| trial(owner, one)));
        for trial in trials.filter(|trial| trial.id == sabotage.trial.id) {
            let told = async {
                guarded(world, recorder, &trial, stop).await;
                is_over(world, recorder, &trial, stop.clone()).await;
            };
            leaks::watched(world, recorder, &trial.id, told).await;
        }
    }
}

/// Makes each change of the library in turn, and tells every scenario that only looks again under it.
pub(super) async fn run_wild(
    world: &World,
    recorder: &Recorder,
    scenarios: &[Scenario],
    changes: &[(&str, &Entry)],
    plan: &Plan,
    stop: &Stop,
) {
    for planned in plan.wild.iter().filter(|one| one.not_applicable.is_none()) {
        let Some((name, entry)) = changes.iter().find(|(name, _)| wild_id(name) == planned.id) else { continue };
        if stop.is_asked() || recorder.failure().is_some() {
            return;
        }
        let holder = holder(&planned.id, &entry.change);
        let told: Vec<Scenario> = scenarios
            .iter()
            .map(|scenario| under(scenario, name))
            .filter(|trial| planned.trials.iter().any(|one| one.id == trial.id))
            .collect();
        let change = async {
            let inside = async || side_by_side(world, recorder, &told, stop).await;
            execute_around(world, recorder, &holder, stop.clone(), inside).await;
            is_over(world, recorder, &holder, stop.clone()).await;
        };
        leaks::watched(world, recorder, &holder.id, change).await;
    }
}

async fn side_by_side<'a>(
    world: &World,
    recorder: &Recorder,
    scenarios: impl IntoIterator<Item = &'a Scenario>,
    stop: &Stop,
) {
    let mut longest_first: Vec<&Scenario> = scenarios.into_iter().collect();
    // One that takes long and begins last would be waited for alone.
    longest_first.sort_by_key(|scenario| Reverse(scenario.needs.budget));
    let places: BTreeMap<String, Mutex<()>> =
        longest_first.iter().flat_map(|scenario| territory(scenario)).map(|place| (place, Mutex::default())).collect();
    let told = async |scenario: &Scenario| {
        let mut held = Vec::new();
        // In the order of their names, so that nobody holds what another waits for who holds what he waits for.
        for place in territory(scenario).iter().filter_map(|place| places.get(place)) {
            held.push(place.lock().await);
        }
        guarded(world, recorder, scenario, stop).await;
    };
    stream::iter(longest_first).for_each_concurrent(SIDE_BY_SIDE, told).await;
}

async fn guarded(world: &World, recorder: &Recorder, scenario: &Scenario, stop: &Stop) {
    let refused = if stop.is_asked() {
        Some(Ending::Interrupted)
    } else if let Some(reason) = recorder.failure() {
        Some(Ending::Broken { reason })
    } else if world.changes == Changes::ReadOnly && scenario.isolation != Isolation::Shared {
        Some(Ending::NotApplicable {
            reason: format!("it changes the cluster, and the {} world is only looked at", world.name),
        })
    } else {
        None
    };
    match refused {
        Some(ending) => recorder.emit(Event::ScenarioEnded { scenario: scenario.id.clone(), ending, took_ms: 0 }),
        // On the heap: the future of a whole scenario is too deep to lie in that of a whole run.
        None => Box::pin(execute(world, recorder, scenario, stop.clone())).await,
    }
}
