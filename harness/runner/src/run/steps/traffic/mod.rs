//! `traffic`: a request stream with a ledger, beside the other steps: start it, read the logs of both ends, stop it.
//!
//! `crate::traffic` joins the two logs. This module only fetches them and stores them as evidence.

mod reading;
mod start;
mod streams;

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use mtls_core::scenario::{model::Step, verbs::traffic::TrafficSpec};
use mtls_engine::wait::{Check, pause, until};
use serde_json::{Value, json};

use reading::ReceivedLog;
use start::start;
use streams::{Stream, Streams};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    traffic::{ClientLog, Ledger, Reach, ServerLog, facts, join},
};

/// Limit for the last answers after a stop: the longest request, and some time for its line.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// The server's log is read from this long before the stream. Health requests are more frequent than that, so a line
/// from before the stream proves that the log is complete.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);
/// A loss window goes on the timeline when it is at least this old, because a younger one may still grow.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

impl Execute for TrafficSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        match self.check.as_ref().or(self.stop.as_ref()) {
            Some(id) => check(context, id).await,
            None => Err(StepError("only `check` and `stop` observe a stream".to_owned())),
        }
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        if let Some(start) = &self.start {
            self::start(context, start).await?;
            return warm(context, &start.id, step.timeout).await;
        }
        if self.check.is_some() {
            return sampled(context, step).await;
        }
        if let Some(id) = &self.stop {
            stop(context, id).await?;
            if !step.expect.0.is_empty() {
                return sampled(context, step).await;
            }
        }
        Ok(())
    }
}

/// Joins what both ends have written so far.
async fn check(context: &Context<'_>, id: &str) -> Result<Observation, StepError> {
    let (asked, server, since, received) = {
        let streams = context.states.of::<Streams>();
        let streams = streams.lock();
        let stream = stream(&streams, id)?;
        (stream.asked.clone(), stream.server.clone(), stream.since, stream.reading.heard(ReceivedLog::clone))
    };
    // The server has already written every request that the client reported; wait until its log shows them.
    pause(context.world.pace().log_delay).await;
    let workload = context.member(&server)?;
    let written = context.world.workload_log(workload, since - BEFORE).await.map_err(|error| StepError::of(&error))?;
    let reach = if received.ended.is_some() { Reach::Whole } else { Reach::SoFar };
    let ledger = join(&asked, &ClientLog::read(&received.text), &ServerLog::read(&written), reach);
    let mut facts = facts(&asked, reach, &ledger);
    facts["ended"] = json!(received.ended);
    let mut evidence = Vec::new();
    let mut logs = BTreeMap::new();
    for (end, text) in [("client", &received.text), ("server", &written)] {
        let digest = context.store(text.as_bytes(), "application/jsonl");
        logs.insert(end, digest.first().cloned());
        evidence.extend(digest);
    }
    facts["logs"] = json!(logs);
    mark(context, id, &ledger, &facts);
    Ok(Observation { facts, source: "direct", evidence })
}

/// Asks the client to stop and waits until it has reported every request. Its log stays readable.
async fn stop(context: &Context<'_>, id: &str) -> Result<(), StepError> {
    let streams = context.states.of::<Streams>();
    stream(&streams.lock(), id)?.reading.tell_to_stop();
    let ended = until("the end of the stream", LAST_ANSWERS, Duration::from_millis(50), async || {
        match streams.lock().get(id).map(|stream| stream.reading.heard(|received| received.ended.is_some())) {
            Some(true) => Check::Ready(()),
            Some(false) => Check::NotYet("the client goes on".to_owned()),
            None => Check::Permanent("there is no such stream".to_owned()),
        }
    });
    ended.await.map_err(|error| StepError::of(&error))
}

/// Ends all streams.
pub(crate) fn stop_all(context: &Context<'_>) {
    drop(std::mem::take(&mut *context.states.of::<Streams>().lock()));
}

/// Waits until the stream has its first answer, so that the following steps run under traffic.
async fn warm(context: &Context<'_>, id: &str, limit: Duration) -> Result<(), StepError> {
    let what = format!("a first answer to stream {id}");
    let streams = context.states.of::<Streams>();
    let answered = until(&what, limit, Duration::from_millis(200), async || {
        let state = |received: &ReceivedLog| match (received.answered, &received.ended) {
            (true, _) => Check::Ready(()),
            (false, Some(why)) => Check::Permanent(format!("{why}; last error: {}", received.last_error)),
            (false, None) => Check::NotYet(received.last_error.clone()),
        };
        streams.lock().get(id).map_or_else(|| state(&ReceivedLog::default()), |stream| stream.reading.heard(state))
    });
    answered.await.map_err(|error| StepError::of(&error))
}

fn stream<'a>(streams: &'a BTreeMap<String, Stream>, id: &str) -> Result<&'a Stream, StepError> {
    streams.get(id).ok_or_else(|| StepError(format!("no stream {id} is running")))
}

/// Marks the first use of every serial and every loss window on the timeline, each once.
fn mark(context: &Context<'_>, id: &str, ledger: &Ledger, facts: &Value) {
    let streams = context.states.of::<Streams>();
    let is_new = |what: String| streams.lock().get_mut(id).is_some_and(|stream| stream.marked.insert(what));
    for end in ["server", "client"] {
        for first in facts["first-use"][end].as_array().into_iter().flatten() {
            let serial = first["serial"].as_str().unwrap_or_default();
            let at = first["at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if let Some(at) = at.filter(|_| is_new(format!("{end} {serial}"))) {
                let label = format!("{end} serial {}", &serial[..serial.len().min(8)]);
                context.mark("wire", label, at, None, BTreeMap::new());
            }
        }
    }
    let now = Timestamp::now();
    for window in ledger.windows.iter().filter(|window| now.duration_since(window.until) > SETTLED) {
        if is_new(format!("window {} {}", window.from, window.until)) {
            let label = format!("{} requests lost or failed", window.requests);
            context.mark("losses", label, window.from, Some(window.until), BTreeMap::new());
        }
    }
}
