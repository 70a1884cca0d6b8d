//! Compares istiod's configuration of a sidecar with the templates.
//!
//! Compared: the inbound filter chains of each port, the listener's filters, timeouts and log. Not compared, because
//! they differ on loopback by design: addresses, cluster names, secret sources, log paths, catch-all chains,
//! statistics loggers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// istiod's inbound listener, and the port to which iptables redirects all connections.
const LISTENER: &str = "virtualInbound";
const CAPTURED: u64 = 15006;
/// A difference between istiod's configuration and the rendered one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The port that the difference belongs to.
    pub port: u64,
    /// The path inside the port's configuration.
    pub at: String,
    /// `null` where the value is absent.
    pub pushed: Value,
    /// The rendered value, `null` where it is absent.
    pub ours: Value,
}

/// Compares a sidecar's `config_dump` with the inbound listener rendered for the same policies.
///
/// A dump without an inbound listener is one difference.
pub fn drift(dump: &Value, ours: &Value) -> Vec<Difference> {
    let Some(listener) = inbound(dump) else {
        return vec![Difference {
            port: CAPTURED,
            at: "listener".to_owned(),
            pushed: Value::Null,
            ours: json!(LISTENER),
        }];
    };
    let (pushed, ours) = (by_port(listener), by_port(ours));
    let mut found = Vec::new();
    for port in pushed.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        let side = |side: &BTreeMap<u64, Value>| side.get(port).cloned().unwrap_or_default();
        compare(*port, "", &side(&pushed), &side(&ours), &mut found);
    }
    found
}

/// The inbound listener of a dump, which contains no private key.
pub(super) fn inbound(dump: &Value) -> Option<&Value> {
    let sections = dump["configs"].as_array()?.iter();
    let listeners = sections.filter_map(|section| section["dynamic_listeners"].as_array()).flatten();
    listeners.map(|listener| &listener["active_state"]["listener"]).find(|listener| listener["name"] == LISTENER)
}

/// The ports that have chains of their own.
pub(super) fn ports(listener: &Value) -> Vec<u64> {
    by_port(listener).into_keys().collect()
}

/// The configuration of a listener, per port.
fn by_port(listener: &Value) -> BTreeMap<u64, Value> {
    let mut ports: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for chain in listener["filter_chains"].as_array().into_iter().flatten() {
        if let Some(port) = chain["filter_chain_match"]["destination_port"].as_u64().filter(|port| *port != CAPTURED) {
            ports.entry(port).or_default().push(chain.clone());
        }
    }
    ports.into_iter().map(|(port, chains)| (port, normalised(listener, &chains, port))).collect()
}

fn normalised(listener: &Value, chains: &[Value], port: u64) -> Value {
    let mut by_match = Map::new();
    for chain in chains {
        let matched = without(&chain["filter_chain_match"], &["destination_port"]);
        let mut chain = chain.clone();
        chain["filter_chain_match"] = Value::Null;
        by_match.insert(matched.to_string(), places_dropped(&chain));
    }
    let filters = listener["listener_filters"].as_array().into_iter().flatten();
    let filters: Vec<Value> = filters
        // The loopback address replaces redirection.
        .filter(|filter| filter["name"] != "envoy.filters.listener.original_dst")
        .filter(|filter| !disabled(&filter["filter_disabled"], port))
        .map(|filter| without(filter, &["filter_disabled"]))
        .collect();
    let mut common =
        without(listener, &["@type", "name", "address", "additional_addresses", "filter_chains", "listener_filters"]);
    common = places_dropped(&common);
    common["listener_filters"] = json!(filters);
    common["chains"] = Value::Object(by_match);
    common
}

/// Whether a listener filter is disabled for this port.
fn disabled(predicate: &Value, port: u64) -> bool {
    if let Some(rules) = predicate["or_match"]["rules"].as_array() {
        return rules.iter().any(|rule| disabled(rule, port));
    }
    let bound = |key: &str| predicate["destination_port_range"][key].as_u64();
    matches!((bound("start"), bound("end")), (Some(start), Some(end)) if (start..end).contains(&port))
}

fn without(value: &Value, members: &[&str]) -> Value {
    let kept = value.as_object().into_iter().flatten().filter(|(key, _)| !members.contains(&key.as_str()));
    Value::Object(kept.map(|(key, member)| (key.clone(), member.clone())).collect())
}

fn places_dropped(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().filter(|one| !is_statistics(one)).map(places_dropped).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| !is_place(key, members));
            Value::Object(kept.map(|(key, member)| (key.clone(), places_dropped(member))).collect())
        }
        other => other.clone(),
    }
}

/// Whether a member is a location rather than behaviour. A log's `path` is a location, a request's is not.
fn is_place(key: &str, members: &Map<String, Value>) -> bool {
    match key {
        "cluster" | "sds_config" | "json_format_options" => true,
        "path" => members.contains_key("log_format"),
        _ => false,
    }
}

fn is_statistics(value: &Value) -> bool {
    value["name"] == "envoy.access_loggers.stats"
}

fn compare(port: u64, at: &str, pushed: &Value, ours: &Value, found: &mut Vec<Difference>) {
    let join = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (pushed, ours) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                compare(port, &join(key), &pushed[key], &ours[key], found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(port, &join(&index.to_string()), left, right, found);
            }
        }
        (left, right) if left == right => {}
        _ => found.push(Difference { port, at: at.to_owned(), pushed: pushed.clone(), ours: ours.clone() }),
    }
}

#[cfg(test)]
mod tests;
