//! Hostile clients: attempts at one target's endpoint, and the facts of their answers.

use mtls_core::{
    probe::facts,
    scenario::cases::{Case, Expect, TargetKind},
};
use mtls_protocol::attempts::{Attempt, FollowUp, How, Protocol, Switch};
use serde_json::Value;

use super::{Corpus, PositiveControl, Turn};

/// The address of a target, and how it is called.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The column of the grid.
    pub name: String,
    pub kind: TargetKind,
    pub host: String,
    pub port: u16,
    pub alpn: Vec<&'static str>,
    pub timeout_ms: u32,
}

/// The jobs: one attempt per case, and `repeat` attempts with the same bytes where a refusal is expected. Cases that
/// this build cannot make are left out.
pub fn attempts(corpus: &Corpus<'_>, endpoint: &Endpoint, cases: &[&Case], turn: Turn, repeat: u32) -> Vec<Attempt> {
    cases
        .iter()
        .filter_map(|case| {
            let times = if case.expect.get(&endpoint.kind) == Some(&Expect::Refuse) { repeat } else { 1 };
            let id = attempt_id(&endpoint.name, &case.id, turn);
            let mut attempt = Attempt::new(id, &endpoint.host, endpoint.port, Protocol::Http);
            attempt.tls = Switch::On;
            attempt.alpn = endpoint.alpn.iter().map(|&protocol| protocol.to_owned()).collect();
            attempt.identity = corpus.identity(&case.id)?;
            attempt.timeout_ms = endpoint.timeout_ms.into();
            attempt.then = (1..times).map(|_| FollowUp { how: How::Fresh, after_ms: 0 }).collect();
            Some(attempt)
        })
        .collect()
}

/// The facts of a case's attempts, in their order, with the outcomes of its control.
pub fn samples(
    results: &[Value],
    endpoint: &Endpoint,
    case: &Case,
    turn: Turn,
    control: &PositiveControl,
) -> Vec<Value> {
    let first = attempt_id(&endpoint.name, &case.id, turn);
    let again = format!("{first}/");
    results
        .iter()
        .filter(|result| result["id"].as_str().is_some_and(|id| id == first || id.starts_with(&again)))
        .map(|result| {
            let mut facts = facts(result, None, None);
            if turn == Turn::Cases && case.control.is_some() {
                facts["control"] = control.facts(case);
            }
            facts
        })
        .collect()
}

fn attempt_id(endpoint: &str, case: &str, turn: Turn) -> String {
    format!("{endpoint}.{case}.{}", turn.word())
}
