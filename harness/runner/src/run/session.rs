//! A whole run: bring up the world, run the scenarios, record, and remove what the run created.
//!
//! It renders nothing and judges nothing; the caller reads the record afterwards.

use mtls_core::{
    catalogue::Waivers,
    evidence::{
        event::{Ending, Entry, Event, RunStatus},
        log::{FILE_NAME, Log, LogError},
        store::Store,
    },
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
use crate::world::World;

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
    let log = Log::create(&request.record.directory.join(FILE_NAME), &request.record.run)?;
    let recorder = Recorder::new(log, Store::new(&request.record.directory), listener);
    recorder.emit(Event::RunStarted {
        run: request.record.run.clone(),
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        world: request.place.choice.name().to_owned(),
        world_detail: request.place.choice.detail(),
        arguments: request.record.arguments.clone(),
    });
    if !request.what.client_faults.is_empty() {
        recorder.emit(Event::Sabotaged { client_faults: request.what.client_faults.clone() });
    }
    if let Some(Waivers { file, digest, list }) = request.what.waivers.cloned() {
        recorder.emit(Event::WaiversRead { file, digest, waivers: list });
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

async fn examine(request: &SessionRequest<'_>, recorder: &Recorder, world: &World, stop: &Stop) {
    match world.environment(request.record.known).await {
        Ok(mut facts) => {
            facts.extend(request.record.facts.iter().cloned());
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
    let plan = request.what.plan(&world.offered);
    let journal = Journal::new(world.journal_home(), &request.record.run);
    let run = RunContext { world, recorder, journal: &journal };
    run_all(run, &request.what.scenarios, &plan, stop).await;
    run_unscripted(run, &request.what.scenarios, &request.what.wild, &plan, stop).await;
}
