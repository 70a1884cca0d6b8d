//! The same ledger once more, from the facts of a sample and the two logs that it names.

use serde_json::Value;

use super::{
    facts,
    join::join,
    lines::{ClientLog, ServerLog},
    stream_spec::{Reach, StreamSpec},
};

/// What became of joining again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejoined {
    Same,
    /// The facts that are not what the logs make.
    Differs(Vec<String>),
}

/// `None` when the facts are not those of a ledger. `read` gives the text of a log by its digest.
pub fn rejoin(recorded: &Value, read: impl Fn(&str) -> Option<String>) -> Option<Rejoined> {
    let asked: StreamSpec = serde_json::from_value(recorded.get("stream")?.clone()).ok()?;
    let reach: Reach = serde_json::from_value(recorded.get("reach")?.clone()).ok()?;
    let log = |end: &str| {
        let digest = recorded["logs"][end].as_str().unwrap_or_default();
        read(digest).ok_or_else(|| format!("the log of the {end} is not there"))
    };
    let (client, server) = match (log("client"), log("server")) {
        (Ok(client), Ok(server)) => (client, server),
        (client, server) => {
            return Some(Rejoined::Differs([client.err(), server.err()].into_iter().flatten().collect()));
        }
    };
    let ledger = join(&asked, &ClientLog::read(&client), &ServerLog::read(&server), reach);
    let joined = facts(&asked, reach, &ledger);
    let differs = |(key, value): (&String, &Value)| {
        (recorded.get(key) != Some(value))
            .then(|| format!("{key} is {} on record, and {value} from the logs", recorded[key]))
    };
    let differing: Vec<String> = joined.as_object().into_iter().flatten().filter_map(differs).collect();
    Some(if differing.is_empty() { Rejoined::Same } else { Rejoined::Differs(differing) })
}
