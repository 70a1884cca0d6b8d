//! Joins the client's log with the server's into a ledger.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use mtls_core::duration::milliseconds;

use super::{
    caveats,
    certificate_use::{self, Beyond, Pair, Use},
    lines::{ClientLog, Ended, Request, ServerLog},
    stream_spec::{Reach, StreamSpec},
    windows::{Window, windows},
};

/// The account of every request of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    pub scheduled: usize,
    pub ok: usize,
    pub lost: usize,
    pub failed: usize,
    /// Requests that were not sent because too many were in flight.
    pub shed: usize,
    /// Requests that are in both logs.
    pub joined: usize,
    /// Ids that the server logged more than once.
    pub duplicated: usize,
    /// Ids that only the server logged, and answered requests that the server did not log.
    pub unattributed: usize,
    /// Requests for which the logs of both ends differ in a certificate serial.
    pub mismatched: usize,
    /// Number of requests per error.
    pub errors: BTreeMap<String, usize>,
    pub windows: Vec<Window>,
    pub pairs: BTreeMap<Pair, Use>,
    pub beyond: Beyond,
    pub connections: usize,
    pub oldest_connection_ms: u64,
    /// Requests per second that were actually sent, rounded to a whole number.
    pub offered: u64,
    pub late: usize,
    pub latest_ms: u64,
    /// Reasons why the ledger decides nothing.
    pub caveats: Vec<String>,
}

/// Maximum time from the start of a request to its line in the client's log.
const MAX_IN_FLIGHT: SignedDuration = SignedDuration::from_secs(7);

/// Joins both logs of a stream.
pub fn join(spec: &StreamSpec, client: &ClientLog, server: &ServerLog, reach: Reach) -> Ledger {
    let sent: Vec<&Request> = client.requests.iter().filter(|request| request.was_sent()).collect();
    let answered: Vec<&Request> = sent.iter().copied().filter(|request| request.ended == Ended::Ok).collect();
    let prefix = spec.prefix();
    let seen = server.by_id(&prefix);
    let known: BTreeSet<&str> = sent.iter().map(|request| request.id.as_str()).collect();
    // A request that the client may not have logged yet is not unattributed.
    let complete_until = match reach {
        Reach::Whole => Timestamp::MAX,
        Reach::SoFar => client.told_until().and_then(|at| at.checked_sub(MAX_IN_FLIGHT).ok()).unwrap_or(Timestamp::MIN),
    };
    let unknown = seen
        .iter()
        .filter(|(id, lines)| !known.contains(*id) && lines.iter().any(|line| line.time < complete_until))
        .count();
    let unseen = answered.iter().filter(|request| !seen.contains_key(request.id.as_str())).count();
    let count = |word: Ended| client.requests.iter().filter(|request| request.ended == word).count();
    let interval = SignedDuration::from_micros(1_000_000 / i64::from(spec.rate_per_second.max(1)));
    let open = |request: &&Request| request.connection.as_ref().map(|connection| connection.age_ms);
    Ledger {
        scheduled: client.requests.len(),
        ok: count(Ended::Ok),
        lost: count(Ended::Lost),
        failed: count(Ended::Failed),
        shed: count(Ended::Shed),
        joined: known.iter().filter(|id| seen.contains_key(*id)).count(),
        duplicated: seen.values().filter(|lines| lines.len() > 1).count(),
        unattributed: unknown + unseen,
        mismatched: answered
            .iter()
            .filter(|request| {
                let lines = seen.get(request.id.as_str()).into_iter().flatten();
                lines.into_iter().any(|served| certificate_use::disagree(request, served))
            })
            .count(),
        errors: errors(&sent),
        windows: windows(&client.requests, interval),
        pairs: certificate_use::pairs(&answered),
        beyond: certificate_use::beyond(&answered),
        connections: sent
            .iter()
            .filter_map(|request| Some(request.connection.as_ref()?.id))
            .collect::<BTreeSet<_>>()
            .len(),
        oldest_connection_ms: whole(sent.iter().filter_map(open)),
        offered: offered(&sent),
        late: caveats::late(&client.requests),
        latest_ms: whole(sent.iter().map(|request| request.started_ms_late)),
        caveats: caveats::caveats(spec, client, server, reach),
    }
}

fn errors(sent: &[&Request]) -> BTreeMap<String, usize> {
    let mut errors = BTreeMap::new();
    for request in sent.iter().filter(|request| request.went_wrong()) {
        let error = request.error.clone().or_else(|| request.http_status.map(|status| format!("status {status}")));
        *errors.entry(error.unwrap_or_else(|| "unsaid".to_owned())).or_default() += 1;
    }
    errors
}

/// The maximum in whole milliseconds, so that the value survives being recorded.
fn whole(spans: impl Iterator<Item = f64>) -> u64 {
    let greatest = Duration::try_from_secs_f64(spans.fold(0.0, f64::max) / 1_000.0).unwrap_or_default();
    milliseconds(greatest)
}

/// The rate between the first and the last start, in requests per second; 0 for fewer than two requests.
fn offered(sent: &[&Request]) -> u64 {
    let starts: Vec<Timestamp> = sent.iter().filter_map(|request| request.started()).collect();
    match (starts.iter().min(), starts.iter().max()) {
        (Some(first), Some(last)) if last > first => {
            let took = u128::try_from(last.duration_since(*first).as_micros()).unwrap_or(u128::MAX).max(1);
            let gaps = (starts.len() - 1) as u128;
            u64::try_from((gaps * 1_000_000 + took / 2) / took).unwrap_or(u64::MAX)
        }
        _ => 0,
    }
}
