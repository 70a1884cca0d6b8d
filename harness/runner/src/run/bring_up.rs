//! Creates or finds the world of a run and records the plan for it.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use mtls_core::{
    duration::milliseconds,
    evidence::event::{Ending, Event},
    scenario::{Offered, effects::Permissions, feature},
};

use super::{
    recorder::{Recorder, chain},
    repair::{pending, repair},
    request::SessionRequest,
    stop::Stop,
};
use crate::world::{
    Choice, Reuse, World, attach, kind_features,
    loopback::{self, LoopbackRequest},
    sandbox::Sandboxes,
    up,
};

pub(super) async fn bring_up(request: &SessionRequest<'_>, recorder: &Recorder, mut stop: Stop) -> Result<World, ()> {
    let started = Instant::now();
    let made = tokio::select! {
        made = make(request, recorder) => made,
        () = stop.asked() => Err(BringUpFailure { phase: "world", reason: "interrupted".to_owned() }),
    };
    made.map_err(|BringUpFailure { phase, reason }| {
        recorder.emit(Event::PhaseEnded {
            phase: phase.to_owned(),
            result: Ending::Broken { reason },
            took_ms: milliseconds(started.elapsed()),
        });
    })
}

/// Why there is no world.
struct BringUpFailure {
    phase: &'static str,
    reason: String,
}

impl BringUpFailure {
    fn in_phase(phase: &'static str) -> impl Fn(&dyn Error) -> Self {
        move |error| Self { phase, reason: chain(error) }
    }
}

/// Refuses a cluster with changes of an earlier run that were not undone: they would distort the observations.
async fn unchanged(world: &World, note: &dyn Fn(&str)) -> Result<(), BringUpFailure> {
    let changes = match pending(world).await {
        Err(error) if error.is_forbidden() => {
            note("journal: access denied; changes of an earlier run would go unnoticed");
            return Ok(());
        }
        other => other.map_err(|error| BringUpFailure::in_phase("attach")(&error))?,
    };
    match changes.first() {
        None => Ok(()),
        Some(change) => Err(BringUpFailure {
            phase: "repair",
            reason: format!(
                "run {} changed this cluster and did not undo it ({} changes, the last by {}); run `cargo xtask repair --name WORLD`",
                change.run,
                changes.len(),
                change.scenario
            ),
        }),
    }
}

/// Creates or finds the world and records the plan as soon as the features of the world are known.
async fn make(request: &SessionRequest<'_>, recorder: &Recorder) -> Result<World, BringUpFailure> {
    let run = &request.record.run;
    let folder = std::env::temp_dir().join(format!("mtls-e2e-{run}"));
    let promise = |world: &str, features, permissions| {
        let offered = Offered { world: world.to_owned(), features, permissions };
        recorder.promise(run, request.what.plan(&offered));
    };
    let phase = |name: &str, took: Duration| {
        recorder.emit(Event::PhaseEnded { phase: name.to_owned(), result: Ending::Done, took_ms: milliseconds(took) });
    };
    let failed = BringUpFailure::in_phase("world");
    match &request.place.choice {
        Choice::Existing { kubeconfig, allowed, .. } => {
            let attached = attach(kubeconfig, request.place.sources(), allowed).await;
            let features = attached.as_ref().map(|world| world.offered.features.clone());
            let features = features.unwrap_or_else(|_| feature::names().map(str::to_owned).collect());
            promise("existing", features, Permissions::Reading(allowed.clone()));
            let world = attached.map_err(|error| BringUpFailure::in_phase("attach")(&error))?;
            unchanged(&world, &|what| phase(what, Duration::ZERO)).await?;
            Ok(world)
        }
        Choice::Kind { engine, callers, .. } => {
            promise("kind", kind_features(), Permissions::Everything);
            let started = Instant::now();
            let nodes = &request.place.nodes;
            let made = up(engine, run, nodes, request.place.sources(), &phase).await.map_err(|error| failed(&error))?;
            let how = if made.reuse == Reuse::Found { "world found" } else { "world up" };
            phase(how, started.elapsed());
            let sandboxes = Sandboxes::start(&folder, callers.clone(), request.what.client_faults.clone());
            let world =
                sandboxes.map(|sandboxes| made.world.with_sandboxes(sandboxes)).map_err(|error| failed(&error))?;
            let started = Instant::now();
            // Boxed: the future that checks every fault is too large for the future of a whole run.
            let repaired = Box::pin(repair(&world, recorder, request.what.known_scenarios)).await;
            let repaired = repaired.map_err(|error| BringUpFailure {
                phase: "repair",
                reason: format!("{}; `cargo xtask repair --name {}`", chain(&error), request.place.nodes.name),
            })?;
            if let Some(first) = repaired.first() {
                phase(&format!("repair: {} changes of run {} undone", repaired.len(), first.run), started.elapsed());
            }
            Ok(world)
        }
        Choice::Loopback { programs, .. } => {
            let features = loopback::features();
            promise("loopback", features.clone(), Permissions::Everything);
            let started = Instant::now();
            let loopback_request = LoopbackRequest {
                programs: programs.clone(),
                sources: request.place.sources(),
                folder,
                client_faults: request.what.client_faults.clone(),
            };
            let made = loopback::up(&loopback_request, &request.what.scenarios, features, &phase).await;
            let world = made.map_err(|error| failed(&error))?;
            phase("world up", started.elapsed());
            Ok(world)
        }
    }
}
