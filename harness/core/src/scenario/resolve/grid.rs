//! Handshake grids: clients, ports, legend, and the positive control that every refusal needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resolver, matcher, participants::Part};
use crate::{
    expectation::{Expectations, outcome::Outcome},
    scenario::{
        model::{Probe, ServerPort},
        raw,
    },
    yaml::{Node, Problem, Rule, nearest},
};

const ATTEMPTS: u32 = 5;

/// `known` is the legend word of a deviation, which no cell names.
pub(super) fn read(resolver: &mut Resolver<'_>, raw: raw::Probe, known: Option<&str>, node: &Node) -> Probe {
    resolver.member(&raw.to, node.nearest(&["to"]).place, Part::Server);
    let attempts = raw.attempts.unwrap_or(ATTEMPTS);
    if attempts == 0 {
        let place = node.nearest(&["attempts"]).place;
        resolver.complain(Problem::new(Rule::Empty, place, "zero attempts prove nothing").help("ask for at least 1"));
    }
    ports(resolver, &raw.ports, node);
    let before = resolver.problems.len();
    let (legend, endpoints) = legend(resolver, &raw, known, node);
    let understood = resolver.problems.len() == before;
    let probe = Probe { to: raw.to, ports: raw.ports, clients: raw.clients, legend, attempts };
    clients(resolver, &probe, node);
    if understood {
        positive_controls(resolver, &probe, &endpoints, node);
    }
    probe
}

fn ports(resolver: &mut Resolver<'_>, ports: &[ServerPort], node: &Node) {
    let list = node.nearest(&["ports"]);
    let mut seen = BTreeSet::new();
    for (port, item) in ports.iter().zip(list.items()) {
        if !seen.insert(port) {
            let message = format!("the port `{}` is listed twice", port.word());
            resolver.complain(Problem::new(Rule::Grid, item.place, message));
        }
    }
    if ports.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "a grid without ports proves nothing"));
    }
}

/// Where the outcomes of a caller's exchanges stand among the facts.
pub(super) const EXCHANGES: [&str; 2] = ["outcome", "then.outcome"];

/// Legend words that accept that the client gets in, and those that expect anything of an exchange; for each of [`EXCHANGES`].
#[derive(Default)]
struct Endpoints {
    letting_in: [BTreeSet<String>; 2],
    demanding: [BTreeSet<String>; 2],
}

fn legend(
    resolver: &mut Resolver<'_>,
    raw: &raw::Probe,
    known: Option<&str>,
    node: &Node,
) -> (BTreeMap<String, Expectations>, Endpoints) {
    let mut legend = BTreeMap::new();
    let mut endpoints = Endpoints::default();
    let used: BTreeSet<&str> = raw.clients.values().flatten().map(String::as_str).chain(known).collect();
    for (key, value) in node.nearest(&["legend"]).entries() {
        resolver.known_facts(value, "probe");
        let demands = matcher::expectations(value, &mut resolver.problems);
        if value.get("outcome").is_none() {
            let message = format!("`{}` names no outcome", key.text);
            let help =
                "add `outcome: established`, or list the ways of being refused: `outcome: [reset, closed-early]`";
            resolver.complain(Problem::new(Rule::Legend, key.place, message).help(help));
        }
        for (index, exchange) in EXCHANGES.into_iter().enumerate() {
            let Some(outcome) = value.get(exchange) else { continue };
            endpoints.demanding[index].insert(key.text.clone());
            if matcher::outcomes(outcome, &mut resolver.problems).iter().any(Outcome::let_in) {
                endpoints.letting_in[index].insert(key.text.clone());
            }
        }
        if !used.contains(key.text.as_str()) {
            let problem = Problem::new(Rule::Unused, key.place, format!("no cell names `{}`", key.text));
            resolver.complain(problem.help("use the legend word in a cell, or remove it"));
        }
        legend.insert(key.text.clone(), demands);
    }
    (legend, endpoints)
}

fn clients(resolver: &mut Resolver<'_>, probe: &Probe, node: &Node) {
    let list = node.nearest(&["clients"]);
    if probe.clients.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "a grid without clients proves nothing"));
    }
    for (key, cells) in list.entries() {
        resolver.member(&key.text, key.place, Part::Caller);
        let member = resolver.participants.get(&key.text).and_then(|member| member.wire.as_ref());
        let goes_on = member.is_some_and(|wire| wire.then.is_some());
        let words = cells.items();
        if words.len() != probe.ports.len() {
            let message = format!(
                "the client `{}` has {} for {}",
                key.text,
                counted(words.len(), "legend word"),
                counted(probe.ports.len(), "port")
            );
            let place = if words.is_empty() { key.place } else { cells.place };
            resolver.complain(Problem::new(Rule::Grid, place, message).help("write one legend word per port"));
        }
        for cell in words {
            let word = cell.text().unwrap_or_default();
            if !probe.legend.contains_key(word) {
                let problem = Problem::new(Rule::Legend, cell.place, format!("the legend does not explain `{word}`"));
                let meant = nearest(word, probe.legend.keys().map(String::as_str));
                resolver.complain(problem.suggest(meant));
            }
            let demands = probe.legend.get(word).into_iter().flat_map(|demands| &demands.0);
            if !goes_on && demands.into_iter().any(|demand| demand.path.starts_with("then.")) {
                let message = format!(
                    "`{word}` expects facts of `then`, but `{}` does not go on after its first exchange",
                    key.text
                );
                let help = "give the participant `wire: {then: …}`, or a legend word of its own";
                resolver.complain(Problem::new(Rule::Legend, cell.place, message).help(help));
            }
        }
    }
}

/// Notes at which ports a client gets in, and at which a client is refused and none gets in.
fn positive_controls(resolver: &mut Resolver<'_>, probe: &Probe, endpoints: &Endpoints, node: &Node) {
    resolver.positive_controls.next();
    for (index, port) in probe.ports.iter().enumerate() {
        let cells: Vec<&Node> =
            node.nearest(&["clients"]).entries().filter_map(|(_, row)| row.items().get(index)).collect();
        for (exchange, (demanding, letting_in)) in endpoints.demanding.iter().zip(&endpoints.letting_in).enumerate() {
            let names = |cell: &Node, words: &BTreeSet<String>| cell.text().is_some_and(|word| words.contains(word));
            let endpoint = (probe.to.clone(), *port, exchange);
            if cells.iter().any(|cell| names(cell, letting_in)) {
                resolver.positive_controls.let_in(endpoint);
                continue;
            }
            let Some(denied) = cells.iter().find(|cell| names(cell, demanding)) else { continue };
            let (back, again) = if exchange == 0 { ("", "") } else { (" a second time", " again") };
            let message =
                format!("no client gets in at `{}`{back}, so a refusal there{back} proves nothing", port.word());
            let help = format!("add a client that gets in{again} at this port, to show that the path works");
            resolver
                .positive_controls
                .denied(endpoint, Problem::new(Rule::DenialWithoutControl, denied.place, message).help(help));
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
