//! Converts the output lines of the client and of servers to facts, with the same names for every case.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fixture::Bench;
use crate::{run::error::StepError, world::sandbox::ProcessOutput};

/// The facts of a client's first result line. A client that was killed at its limit is `still-running`.
pub(super) fn told(bench: &Bench<'_>, ran: &ProcessOutput) -> Value {
    let mut facts = ran.lines.first().map_or_else(|| json!({}), |line| line_facts(bench, line));
    match ran.code {
        Some(code) => facts["code"] = json!(code),
        None => facts["ended"] = json!("still-running"),
    }
    facts
}

/// The facts of one result line.
pub(super) fn line_facts(bench: &Bench<'_>, line: &Value) -> Value {
    let tls = &line["tls"];
    let error = line["error"].as_str().map(|text| bench.scrubbed(text));
    let all = json!({
        "stage": line["stage"], "ended": line["ended"], "reason": line["reason"], "error": error,
        "alert": line["alert"], "http-status": line["http_status"], "body": line["body"],
        "peer": tls["peer"]["spiffe_id"], "peer-serial": tls["peer"]["serial"],
        "own": tls["own"]["spiffe_id"], "own-serial": tls["own"]["serial"], "handshake": tls["handshake"],
        "total-ms": line["ms"]["total"],
    });
    without_nulls(all)
}

/// The facts of all connections to one case of a server.
pub(super) fn met(lines: &[Value], id: &str) -> Value {
    let own: Vec<&Value> = lines.iter().filter(|line| line["id"] == id).collect();
    let bytes: u64 = own.iter().filter_map(|line| line["request_bytes"].as_u64()).sum();
    let distinct =
        |of: fn(&Value) -> &Value| -> BTreeSet<&str> { own.iter().filter_map(|line| of(line).as_str()).collect() };
    json!({
        "connections": own.len(), "request-bytes": bytes,
        "ended": distinct(|line| &line["ended"]), "alerts": distinct(|line| &line["alert"]["name"]),
        "peers": distinct(|line| &line["peer"]["spiffe_id"]), "serials": distinct(|line| &line["peer"]["serial"]).len(),
    })
}

/// The distinct strings at one key of all lines.
pub(super) fn distinct<'a>(lines: impl Iterator<Item = &'a Value>, key: &str) -> BTreeSet<&'a str> {
    lines.filter_map(|line| line[key].as_str()).collect()
}

/// The serial of a chain's leaf in the client's notation: hex without a leading zero byte.
pub(super) fn serial(chain: &str) -> Result<String, StepError> {
    let chain = mtls_pki::certificates(chain.as_bytes()).map_err(|error| StepError::of(&error))?;
    let facts = mtls_pki::chain_facts(&chain).map_err(StepError)?;
    let serial = facts["leaf"]["serial"].as_str().unwrap_or_default();
    Ok(serial.strip_prefix("00").unwrap_or(serial).to_owned())
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(kept.collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_server_cover_one_case() {
        let lines = [
            json!({"id": "a", "ended": "served", "request_bytes": 10, "peer": {"serial": "1", "spiffe_id": "x"}}),
            json!({"id": "a", "ended": "alert-received", "request_bytes": 0, "alert": {"name": "unknown_ca"}}),
            json!({"id": "b", "ended": "reset", "request_bytes": 7}),
        ];
        let facts = met(&lines, "a");
        assert_eq!((&facts["connections"], &facts["request-bytes"]), (&json!(2), &json!(10)));
        assert_eq!(facts["alerts"], json!(["unknown_ca"]));
        assert_eq!(met(&lines, "c")["connections"], 0);
    }
}
