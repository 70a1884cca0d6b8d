//! `traffic`: a ledgered stream beside the story. Starting it, asking both ends what they wrote, ending it.
//!
//! What the two logs say together is `crate::traffic`'s; here they are only fetched, and put among the evidence.

mod reading;
mod start;
mod streams;

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use reading::ReceivedLog;
pub(crate) use start::start;
use streams::{Stream, Streams};

use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    traffic::{ClientLog, Ledger, Reach, ServerLog, facts, join},
    wait::{Check, pause, until},
};

/// The longest a request is under way, and some for its line.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// A server is heard from before the stream on: what it wrote then shows that nothing of its log is missing. It is asked about its health more
/// often than that.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);
/// A window that may still grow is not on the timeline yet.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// Joins what both ends have written so far.
pub(crate) async fn check(context: &Context<'_>, id: &str) -> Result<Observation, StepError> {
    let (asked, server, since, heard) = {
        let streams = context.states.of::<Streams>();
        let streams = streams.lock();
        let stream = stream(&streams, id)?;
        (stream.asked.clone(), stream.server.clone(), stream.since, stream.reading.heard(ReceivedLog::clone))
    };
    // What the client has told of, the server has written: its log may take its time.
    pause(context.world.pace().log_delay).await;
    let workload = context.member(&server)?;
    let written = context.world.workload_log(workload, since - BEFORE).await.map_err(|error| StepError::of(&error))?;
    let reach = if heard.ended.is_some() { Reach::Whole } else { Reach::SoFar };
    let ledger = join(&asked, &ClientLog::read(&heard.text), &ServerLog::read(&written), reach);
    let mut facts = facts(&asked, reach, &ledger);
    facts["ended"] = json!(heard.ended);
    let mut evidence = Vec::new();
    let mut logs = BTreeMap::new();
    for (end, text) in [("client", &heard.text), ("server", &written)] {
        let digest = context.store(text.as_bytes(), "application/jsonl");
        logs.insert(end, digest.first().cloned());
        evidence.extend(digest);
    }
    facts["logs"] = json!(logs);
    mark(context, id, &ledger, &facts);
    Ok(Observation { facts, source: "direct", evidence })
}

/// Tells the client to stop and waits until it has answered for everything. What it wrote can still be looked at.
pub(crate) async fn stop(context: &Context<'_>, id: &str) -> Result<(), StepError> {
    let streams = context.states.of::<Streams>();
    stream(&streams.lock(), id)?.reading.tell_to_stop();
    let over = until("the end of the stream", LAST_ANSWERS, Duration::from_millis(50), async || {
        match streams.lock().get(id).map(|stream| stream.reading.heard(|heard| heard.ended.is_some())) {
            Some(true) => Check::Ready(()),
            Some(false) => Check::NotYet("the client goes on".to_owned()),
            None => Check::Permanent("nobody knows it any more".to_owned()),
        }
    });
    over.await.map_err(|error| StepError::of(&error))
}

/// Ends whatever still runs.
pub(crate) fn stop_all(context: &Context<'_>) {
    drop(std::mem::take(&mut *context.states.of::<Streams>().lock()));
}

/// Waits until the stream has reported something, so that what follows happens under traffic.
pub(crate) async fn warm(context: &Context<'_>, id: &str, limit: Duration) -> Result<(), StepError> {
    let what = format!("a first answer to stream {id}");
    let streams = context.states.of::<Streams>();
    let answered = until(&what, limit, Duration::from_millis(200), async || {
        let verdict = |heard: &ReceivedLog| match (heard.answered, &heard.ended) {
            (true, _) => Check::Ready(()),
            (false, Some(why)) => Check::Permanent(format!("{why}; last seen: {}", heard.last_error)),
            (false, None) => Check::NotYet(heard.last_error.clone()),
        };
        streams.lock().get(id).map_or_else(|| verdict(&ReceivedLog::default()), |stream| stream.reading.heard(verdict))
    });
    answered.await.map_err(|error| StepError::of(&error))
}

fn stream<'a>(streams: &'a BTreeMap<String, Stream>, id: &str) -> Result<&'a Stream, StepError> {
    streams.get(id).ok_or_else(|| StepError(format!("no stream {id} is running")))
}

/// First uses of serials, and times in which requests went wrong: each once.
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
