//! A whole run: bring up the world, run the scenarios, record, and remove what the run created.
//!
//! It renders nothing and judges nothing; the caller reads the record afterwards.

use jiff::Timestamp;
use mtls_core::evidence::{
    event::{Ending, Entry, Event, RunStatus},
    log::{FILE_NAME, Log, LogError},
    store::Store,
};

use super::{
    bring_up::bring_up,
    context::RunContext,
    journal::Journal,
    recorder::{Recorder, chain},
    request::SessionRequest,
    schedule::{run_all, run_unscripted},
    stop::Stop,
};
use crate::{
    cluster::{Engine, Scope, find, sweep},
    world::{Choice, World, existing_in_short},
};

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Start(#[from] LogError),
    #[error("the record of this run is incomplete: {0}")]
    Incomplete(String),
}

/// Runs and records. The caller judges the record afterwards. `listener` receives every event after it is written.
///
/// # Errors
///
/// When the record cannot be started, or is incomplete at the end.
pub async fn session(
    request: SessionRequest<'_>,
    stop: Stop,
    listener: Box<dyn Fn(&Entry) + Send + Sync>,
) -> Result<(), SessionError> {
    let log = Log::create(&request.directory.join(FILE_NAME), &request.run)?;
    let recorder = Recorder::new(log, Store::new(request.directory), listener);
    let (name, detail) = match &request.choice {
        Choice::Existing { kubeconfig, allowed, why } => {
            ("existing", format!("{}; {why}; {}", kubeconfig.display(), existing_in_short(allowed)))
        }
        Choice::Kind { why, .. } => ("kind", why.clone()),
        Choice::Loopback { why, .. } => ("loopback", why.clone()),
    };
    recorder.emit(Event::RunStarted {
        run: request.run.clone(),
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        world: name.to_owned(),
        world_detail: detail,
        arguments: request.arguments.clone(),
    });
    if !request.client_faults.is_empty() {
        recorder.emit(Event::Sabotaged { client_faults: request.client_faults.clone() });
    }
    // Boxed: both futures are too large for the future of the caller.
    let status = match Box::pin(bring_up(&request, &recorder, stop.clone())).await {
        Ok(world) => {
            Box::pin(examine(&request, &recorder, &world, &stop)).await;
            if let Err(error) = world.end().await {
                recorder.emit(Event::Leftover { what: chain(&error) });
            }
            if stop.is_asked() { RunStatus::Interrupted } else { RunStatus::Complete }
        }
        Err(()) if stop.is_asked() => RunStatus::Interrupted,
        Err(()) => RunStatus::Broken,
    };
    recorder.emit(Event::RunEnded { status });
    recorder.failure().map_or(Ok(()), |reason| Err(SessionError::Incomplete(reason)))
}

/// Removes the world `name` from the engine. Returns the objects that are still there, as `KIND NAME`.
///
/// # Errors
///
/// The error of the engine, in one line.
pub async fn put_away(engine: &Engine, name: &str) -> Result<Vec<String>, String> {
    let scope = Scope::Cluster(name.to_owned());
    sweep(engine, &scope).await.map_err(|error| chain(&error))?;
    let left = find(engine, &scope).await.map_err(|error| chain(&error))?;
    Ok(left.into_iter().map(|object| format!("{} {}", object.kind, object.name)).collect())
}

async fn examine(request: &SessionRequest<'_>, recorder: &Recorder, world: &World, stop: &Stop) {
    match world.environment(request.known).await {
        Ok(mut facts) => {
            facts.extend(request.facts.iter().cloned());
            facts.insert("world".to_owned(), serde_json::json!(world.detail));
            recorder.emit(Event::Environment { facts });
        }
        Err(error) => {
            recorder.emit(Event::PhaseEnded {
                phase: "environment".to_owned(),
                result: Ending::Broken { reason: chain(&error) },
                took_ms: 0,
            });
        }
    }
    let plan = request.plan(&world.offered);
    let journal = Journal::new(world.journal_home(), &request.run);
    let run = RunContext { world, recorder, journal: &journal };
    run_all(run, &request.scenarios, &plan, stop).await;
    run_unscripted(run, &request.scenarios, &request.wild, &plan, stop).await;
}

/// The id of a run: the UTC time and the process id in hex. Ids sort by time and are unique on one machine.
pub fn run_id(now: Timestamp, process: u32) -> String {
    format!("{}-{process:x}", now.strftime("%Y%m%dT%H%M%SZ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_sort_by_time() {
        let at = |text: &str| run_id(text.parse().unwrap(), 255);
        assert_eq!(at("2026-01-02T03:04:05Z"), "20260102T030405Z-ff");
        assert!(at("2026-01-02T03:04:05Z") < at("2026-01-02T03:04:06Z"));
    }
}
