//! Certificate use: the serials that both ends of a stream presented, their first use, and use after `notAfter`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::lines::{Request, Served};

/// The serials that both ends of a session presented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub client: Option<String>,
    pub server: Option<String>,
}

/// How a pair was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub first: Timestamp,
    pub last: Timestamp,
    pub requests: usize,
    pub connections: BTreeSet<u64>,
}

/// Connections that were used after the `notAfter` of a certificate of either end (RFC 5280 section 4.1.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beyond {
    /// Opened after a certificate had expired.
    pub opened: BTreeSet<u64>,
    /// Opened before and used after a certificate expired.
    pub used: BTreeSet<u64>,
}

/// The serial pairs of requests, in the client's view.
pub(super) fn pairs(requests: &[&Request]) -> BTreeMap<Pair, Use> {
    let mut pairs: BTreeMap<Pair, Use> = BTreeMap::new();
    for request in requests {
        let pair = Pair { client: request.own_serial.clone(), server: request.server_serial.clone() };
        if pair.client.is_none() && pair.server.is_none() {
            continue;
        }
        let at = request.started().unwrap_or(request.scheduled);
        let known =
            pairs.entry(pair).or_insert_with(|| Use { first: at, last: at, requests: 0, connections: BTreeSet::new() });
        known.first = known.first.min(at);
        known.last = known.last.max(at);
        known.requests += 1;
        known.connections.extend(request.connection.as_ref().map(|connection| connection.id));
    }
    pairs
}

/// The serials of one end with their first use, the earliest first.
pub(super) fn first_uses<'a>(
    pairs: &'a BTreeMap<Pair, Use>,
    end: impl Fn(&'a Pair) -> Option<&'a String>,
) -> Vec<(&'a str, Timestamp)> {
    let mut first: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for (pair, used) in pairs {
        if let Some(serial) = end(pair) {
            let known = first.entry(serial).or_insert(used.first);
            *known = (*known).min(used.first);
        }
    }
    let mut first: Vec<_> = first.into_iter().collect();
    first.sort_by_key(|(_, at)| *at);
    first
}

/// Whether the logs of both ends differ in a serial of the same session.
pub(super) fn disagree(request: &Request, served: &Served) -> bool {
    let differ = |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
    served.listener == OWN_TLS
        && (differ(&request.own_serial, &served.peer_serial) || differ(&request.server_serial, &served.own_serial))
}

pub(super) fn beyond(requests: &[&Request]) -> Beyond {
    let mut beyond = Beyond::default();
    for request in requests {
        let Some(connection) = &request.connection else { continue };
        let ends = [request.own_not_after, request.server_not_after].into_iter().flatten().min();
        let Some(end) = ends else { continue };
        if connection.opened > end {
            beyond.opened.insert(connection.id);
        } else if request.started().is_some_and(|started| started > end) {
            beyond.used.insert(connection.id);
        }
    }
    beyond
}

/// The reference workload's name for the port on which it terminates mTLS itself.
const OWN_TLS: &str = "mtls";
