//! Joins a recorded ledger again, from the facts of a sample and the two logs that it names.

use serde_json::Value;

use super::{
    facts,
    join::join,
    lines::{ClientLog, ServerLog},
    stream_spec::{Reach, StreamSpec},
};

/// The result of joining a ledger again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejoined {
    Same,
    /// The recorded facts that differ from those of the logs, in words.
    Differs(Vec<String>),
}

/// Joins the logs again and compares. `None` for facts that are no ledger. `read` returns the text of a log by its
/// digest.
pub fn rejoin(recorded: &Value, read: impl Fn(&str) -> Option<String>) -> Option<Rejoined> {
    let spec: StreamSpec = serde_json::from_value(recorded.get("stream")?.clone()).ok()?;
    let reach: Reach = serde_json::from_value(recorded.get("reach")?.clone()).ok()?;
    let log = |end: &str| {
        let digest = recorded["logs"][end].as_str().unwrap_or_default();
        read(digest).ok_or_else(|| format!("the log of the {end} is missing"))
    };
    let (client, server) = match (log("client"), log("server")) {
        (Ok(client), Ok(server)) => (client, server),
        (client, server) => {
            return Some(Rejoined::Differs([client.err(), server.err()].into_iter().flatten().collect()));
        }
    };
    let ledger = join(&spec, &ClientLog::read(&client), &ServerLog::read(&server), reach);
    let joined = facts(&spec, reach, &ledger);
    let differs = |(key, value): (&String, &Value)| {
        (recorded.get(key) != Some(value))
            .then(|| format!("{key} is {} on record, and {value} from the logs", recorded[key]))
    };
    let differing: Vec<String> = joined.as_object().into_iter().flatten().filter_map(differs).collect();
    Some(if differing.is_empty() { Rejoined::Same } else { Rejoined::Differs(differing) })
}
