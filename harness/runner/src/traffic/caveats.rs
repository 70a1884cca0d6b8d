//! Caveats of a ledger: defects of the client, the logs or the load that the harness itself caused. A ledger with
//! caveats shows nothing about the system.

use std::collections::BTreeSet;

use super::{
    lines::{ClientLog, Request, Served, ServerLog},
    stream_spec::{Reach, StreamSpec},
};

/// A request that starts more than this after its time, in milliseconds, was delayed by the client. On a busy machine
/// some are.
const LATE_MS: f64 = 250.0;
/// Maximum percentage of late requests in a stream with losses: with more, the client may have caused the losses.
const MAX_LATE_WITH_LOSSES: usize = 5;
/// Maximum percentage of late requests in any stream: with more, the offered load was not the specified one.
const MAX_LATE: usize = 50;

/// All caveats, in words.
pub(super) fn caveats(spec: &StreamSpec, client: &ClientLog, server: &ServerLog, reach: Reach) -> Vec<String> {
    let mut caveats = Vec::new();
    let (late, sent) = (late(&client.requests), client.requests.len());
    // A late start does not invalidate an answer.
    let limit = if client.requests.iter().any(Request::went_wrong) { MAX_LATE_WITH_LOSSES } else { MAX_LATE };
    if late * 100 > sent * limit {
        caveats.push(format!("{late} of {sent} requests started more than {LATE_MS} ms late: the client was delayed"));
    }
    if client.unreadable > 0 {
        caveats.push(format!("{} lines of the client cannot be parsed", client.unreadable));
    }
    if reach == Reach::Whole {
        caveats.extend(missing(client));
    }
    if server.unreadable > 0 {
        caveats.push(format!("{} lines of the server cannot be parsed", server.unreadable));
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
    if client.requests.iter().any(|request| !request.id.starts_with(&spec.prefix())) {
        caveats.push("the client's log has requests of another stream".to_owned());
    }
    caveats
}

pub(super) fn late(requests: &[Request]) -> usize {
    requests.iter().filter(|request| request.was_sent() && request.started_ms_late > LATE_MS).count()
}

/// Compares the client's lines, numbered from 0, with the number of lines in its summary.
fn missing(client: &ClientLog) -> Option<String> {
    let Some(summary) = &client.summary else {
        return Some("the client's log has no summary: it may be cut off".to_owned());
    };
    let numbers: BTreeSet<u64> = client.requests.iter().map(|request| request.n).collect();
    let lacking = (0..summary.scheduled).filter(|n| !numbers.contains(n)).count();
    let counted = (client.requests.len(), numbers.len());
    if lacking > 0 {
        return Some(format!("{lacking} lines of the client are missing"));
    }
    (counted.0 != counted.1 || numbers.len() as u64 != summary.scheduled)
        .then(|| "the client's log has more requests than its summary counts".to_owned())
}

/// Number of lines that are missing from a run of the server.
fn holes(run: &[Served]) -> u64 {
    let numbers: BTreeSet<u64> = run.iter().map(|served| served.n).collect();
    match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) => last - first + 1 - numbers.len() as u64,
        _ => 0,
    }
}
