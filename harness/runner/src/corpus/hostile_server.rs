//! Hostile servers: their job, the attempts of a client, and the facts of both ends.

use std::collections::BTreeMap;

use mtls_core::{
    probe::facts,
    scenario::cases::{Case, Expect, TargetKind},
};
use serde_json::{Value, json};

use super::{Corpus, PositiveControl};

/// The address of the hostile servers, and the identity and anchor that clients verify.
#[derive(Clone, Debug)]
pub struct HostileServers {
    pub host: String,
    /// Case to port.
    pub ports: BTreeMap<String, u16>,
    /// The SPIFFE ID that clients expect.
    pub identity: String,
    /// The anchor that clients trust, PEM.
    pub root: String,
}

/// The job of the hostile server, with a port per case. It accepts any client certificate: the client is examined.
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

/// The jobs of the client: one attempt per case, and `repeat` attempts where a refusal is expected. The client presents
/// no certificate.
pub fn visits(target: &HostileServers, cases: &[&Case], repeat: u32) -> Vec<Value> {
    cases
        .iter()
        .filter_map(|case| {
            let port = target.ports.get(&case.id)?;
            let times = if case.expect.get(&TargetKind::Client) == Some(&Expect::Refuse) { repeat } else { 1 };
            let again: Vec<Value> = (1..times).map(|_| json!({"how": "fresh"})).collect();
            Some(json!({
                "id": case.id, "host": target.host, "port": port, "protocol": "http", "tls": "on",
                "identity": {"source": "none"}, "timeout_ms": 5000, "then": again,
                "verify": {"mode": "spiffe", "id": target.identity, "ca": target.root},
            }))
        })
        .collect()
}

/// The facts of a case's attempts: the client's, the server's view of the same connection, and the outcomes of the
/// control.
///
/// # Errors
///
/// For each connection that the client made and the server did not record: a harness error.
pub fn server_samples(
    results: &[Value],
    seen: &[Value],
    case: &Case,
    control: &PositiveControl,
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
                (Some(local), None) => return Err(format!("the hostile server recorded no connection from {local}")),
                // The client did not connect; the outcome says why.
                (None, _) => {}
            }
            if case.control.is_some() {
                facts["control"] = control.facts(case);
            }
            Ok(facts)
        })
        .collect()
}

/// The outcome of every case's first attempt.
pub fn first_outcomes(results: &[Value]) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    for result in results {
        if let (Some(id), Some(outcome)) = (result["id"].as_str(), facts(result, None, None)["outcome"].as_str()) {
            outcomes.entry(case_of(id).to_owned()).or_insert_with(|| outcome.to_owned());
        }
    }
    outcomes
}

/// The case of an attempt's id: repetitions append `/` and a number.
pub fn case_of(attempt: &str) -> &str {
    attempt.split('/').next().unwrap_or(attempt)
}
