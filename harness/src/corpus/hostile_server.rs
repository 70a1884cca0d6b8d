//! Hostile servers: what they serve, who visits, and the facts of both ends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Corpus, PositiveControl};
use crate::{
    probe::facts,
    scenario::cases::{Case, Expect, TargetKind},
};

/// Where the hostile servers are, and whom their visitors believe.
#[derive(Clone, Debug)]
pub struct HostileServers {
    pub host: String,
    /// Case to port.
    pub ports: BTreeMap<String, u16>,
    /// The SPIFFE ID that visitors expect.
    pub identity: String,
    /// The anchor that visitors trust, PEM.
    pub root: String,
}

/// The job of the hostile server, a port per case. It takes any client certificate: what is examined is the visitor.
pub fn servers(corpus: &Corpus<'_>, cases: &[&Case], listen: &str) -> Value {
    let served: Vec<Value> = cases
        .iter()
        .filter_map(|case| {
            let identity = corpus.identity(&case.id)?;
            Some(json!({"id": case.id, "mode": "tls", "chain": identity["chain"], "key": identity["key"], "alpn": ["http/1.1"]}))
        })
        .collect();
    json!({"listen": listen, "cases": served})
}

/// One visit per case; servers that are to be refused are visited `repeat` times. The visitor shows nothing of its own.
pub fn visits(shop: &HostileServers, cases: &[&Case], repeat: u32) -> Vec<Value> {
    cases
        .iter()
        .filter_map(|case| {
            let port = shop.ports.get(&case.id)?;
            let times = if case.expect.get(&TargetKind::Client) == Some(&Expect::Refuse) { repeat } else { 1 };
            let again: Vec<Value> = (1..times).map(|_| json!({"how": "fresh"})).collect();
            Some(json!({
                "id": case.id, "host": shop.host, "port": port, "protocol": "http", "tls": "on", "identity": {"source": "none"},
                "verify": {"mode": "spiffe", "id": shop.identity, "ca": shop.root}, "timeout_ms": 5000, "then": again,
            }))
        })
        .collect()
}

/// The facts of a case's visits: the client's own, what the server saw of the same connection, and the controls beside them.
/// A connection of which only one end tells is our trouble.
pub fn sightings(
    results: &[Value],
    seen: &[Value],
    case: &Case,
    bread: &PositiveControl,
) -> Vec<Result<Value, String>> {
    let of_the_case = |result: &&Value| result["id"].as_str().is_some_and(|id| case_of(id) == case.id);
    results
        .iter()
        .filter(of_the_case)
        .map(|result| {
            let mut facts = facts(result, None, None);
            let local = result["local"].as_str();
            let line = seen.iter().find(|line| line["id"] == case.id.as_str() && line["remote"].as_str() == local);
            match (local, line) {
                (Some(_), Some(line)) => {
                    let saw = json!({"request-bytes": line["request_bytes"], "ended": line["ended"], "alert": line["alert"]["name"]});
                    facts["server"]["saw"] = saw;
                }
                (Some(local), None) => return Err(format!("the hostile server does not tell of the connection from {local}")),
                // Nothing was connected; the outcome says why.
                (None, _) => {}
            }
            if case.control.is_some() {
                facts["control"] = bread.facts(case);
            }
            Ok(facts)
        })
        .collect()
}

/// The outcome of every case's first visit.
pub fn first_outcomes(results: &[Value]) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    for result in results {
        if let (Some(id), Some(outcome)) = (result["id"].as_str(), facts(result, None, None)["outcome"].as_str()) {
            outcomes.entry(case_of(id).to_owned()).or_insert_with(|| outcome.to_owned());
        }
    }
    outcomes
}

/// The case of a visit: repetitions carry a number behind it.
pub fn case_of(visit: &str) -> &str {
    visit.split('/').next().unwrap_or(visit)
}
