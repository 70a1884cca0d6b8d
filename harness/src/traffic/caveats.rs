//! What of a ledger is our own doing: then neither its losses nor their absence say anything about the system.

use std::collections::BTreeSet;

use super::{
    lines::{ClientLog, Request, Served, ServerLog},
    stream_spec::{Reach, StreamSpec},
};

/// A request that starts so much later than scheduled was held up by us. On a busy machine some are.
const LATE_MS: f64 = 250.0;
/// Of the requests, in hundredths: where more are late, losses may be our own.
const TOO_MANY: usize = 5;
/// Where more are late, it was not the load that was asked for, whatever became of it.
const MOST: usize = 50;

/// Every doubt, in words.
pub(super) fn caveats(asked: &StreamSpec, client: &ClientLog, server: &ServerLog, reach: Reach) -> Vec<String> {
    let mut caveats = Vec::new();
    let (late, sent) = (late(&client.requests), client.requests.len());
    // A request that was answered was answered, however late it started.
    let bearable = if client.requests.iter().any(Request::went_wrong) { TOO_MANY } else { MOST };
    if late * 100 > sent * bearable {
        caveats.push(format!("{late} of {sent} requests started more than {LATE_MS} ms late: the client was held up"));
    }
    if client.unreadable > 0 {
        caveats.push(format!("{} lines of the client are not understood", client.unreadable));
    }
    if reach == Reach::Whole {
        caveats.extend(missing(client));
    }
    if server.unreadable > 0 {
        caveats.push(format!("{} lines of the server are not understood", server.unreadable));
    }
    let holes: u64 = server.runs.iter().map(|run| holes(run)).sum();
    if holes > 0 {
        caveats.push(format!("{holes} lines of the server's log are missing"));
    }
    let first = client.requests.iter().filter(|request| request.was_sent()).map(|request| request.scheduled).min();
    let begins = server.all().map(|served| served.time).min();
    match (first, begins) {
        (Some(first), Some(begins)) if begins > first => {
            caveats.push("the server's log begins after the stream does".to_owned());
        }
        (Some(_), None) => caveats.push("the server's log is empty".to_owned()),
        _ => {}
    }
    if client.requests.iter().any(|request| !request.id.starts_with(&asked.prefix())) {
        caveats.push("the client tells of requests of another stream".to_owned());
    }
    caveats
}

pub(super) fn late(requests: &[Request]) -> usize {
    requests.iter().filter(|request| request.was_sent() && request.started_ms_late > LATE_MS).count()
}

/// The client numbers its lines from 0, and says at the end how many there should be.
fn missing(client: &ClientLog) -> Option<String> {
    let Some(summary) = &client.summary else {
        return Some("the client did not sum up: its lines may be cut".to_owned());
    };
    let numbers: BTreeSet<u64> = client.requests.iter().map(|request| request.n).collect();
    let lacking = (0..summary.scheduled).filter(|n| !numbers.contains(n)).count();
    let told = (client.requests.len(), numbers.len());
    if lacking > 0 {
        return Some(format!("{lacking} lines of the client are missing"));
    }
    (told.0 != told.1 || numbers.len() as u64 != summary.scheduled)
        .then(|| "the client tells of more requests than it sums up".to_owned())
}

/// Numbers that a run of the server has skipped.
fn holes(run: &[Served]) -> u64 {
    let numbers: BTreeSet<u64> = run.iter().map(|served| served.n).collect();
    match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) => last - first + 1 - numbers.len() as u64,
        _ => 0,
    }
}
