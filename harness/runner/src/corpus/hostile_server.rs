//! Hostile servers: their job, the attempts of a client, and the facts of both ends.

use std::{collections::BTreeMap, net::IpAddr};

use mtls_core::{
    probe::facts,
    scenario::cases::{Case, Expect, TargetKind},
};
use mtls_protocol::{
    client::{Call, CallIdentity},
    serve::{Case as Served, Mode, ServeJob},
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
pub fn servers(corpus: &Corpus<'_>, cases: &[&Case], listen: IpAddr) -> ServeJob {
    let served = cases.iter().filter_map(|case| {
        let (chain, key) = corpus.entries(&case.id)?;
        let alpn = vec!["http/1.1".to_owned()];
        Some(Served { chain, key: Some(key), alpn, ..Served::bare(&case.id, Mode::Tls) })
    });
    ServeJob { listen, cases: served.collect() }
}

/// The calls of the reference client: one per case, and `repeat` where a refusal is expected. It presents no
/// certificate.
pub fn visits(target: &HostileServers, cases: &[&Case], repeat: u32) -> Vec<Call> {
    let of_case = |case: &&Case| {
        let port = target.ports.get(&case.id)?;
        let times = if case.expect.get(&TargetKind::Client) == Some(&Expect::Refuse) { repeat } else { 1 };
        let mut call = Call::new(&case.id, format!("https://{}:{port}/whoami", target.host));
        call.expect_id = Some(target.identity.clone());
        call.identity = CallIdentity::None;
        call.ca = Some(target.root.clone());
        let id = |number: u32| if number == 0 { case.id.clone() } else { format!("{}/{number}", case.id) };
        Some((0..times).map(move |number| Call { id: id(number), ..call.clone() }).collect::<Vec<_>>())
    };
    cases.iter().filter_map(of_case).flatten().collect()
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
