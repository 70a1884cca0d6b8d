//! Hostile clients: attempts at one target's door, and the facts of their answers.

use serde_json::{Value, json};

use super::{Corpus, PositiveControl, Turn};
use crate::{
    probe::facts,
    scenario::cases::{Case, Expect, TargetKind},
};

/// Where a target is called and how.
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

/// One attempt per case; whoever is expected to be refused tries again with the same bytes, up to `repeat` times in all.
/// Cases that cannot be made here are left out.
pub fn attempts(corpus: &Corpus<'_>, door: &Endpoint, cases: &[&Case], turn: Turn, repeat: u32) -> Vec<Value> {
    cases
        .iter()
        .filter_map(|case| {
            let times = if case.expect.get(&door.kind) == Some(&Expect::Refuse) { repeat } else { 1 };
            let again: Vec<Value> = (1..times).map(|_| json!({"how": "fresh"})).collect();
            Some(json!({
                "id": attempt_id(&door.name, &case.id, turn), "host": door.host, "port": door.port, "protocol": "http", "tls": "on",
                "alpn": door.alpn, "identity": corpus.identity(&case.id)?, "verify": {"mode": "record-only"}, "path": "/whoami",
                "timeout_ms": door.timeout_ms, "then": again,
            }))
        })
        .collect()
}

/// The facts of one case's attempts, in their order, with its controls beside them.
pub fn samples(results: &[Value], door: &Endpoint, case: &Case, turn: Turn, bread: &PositiveControl) -> Vec<Value> {
    let first = attempt_id(&door.name, &case.id, turn);
    let again = format!("{first}/");
    results
        .iter()
        .filter(|result| result["id"].as_str().is_some_and(|id| id == first || id.starts_with(&again)))
        .map(|result| {
            let mut facts = facts(result, None, None);
            if turn == Turn::Cases && case.control.is_some() {
                facts["control"] = bread.facts(case);
            }
            facts
        })
        .collect()
}

fn attempt_id(door: &str, case: &str, turn: Turn) -> String {
    format!("{door}.{case}.{}", turn.word())
}
