//! `probe`: a handshake grid: clients, ports, legend, and the positive control that every refusal needs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Facts, Footprint, HandshakeGrid, Participants, Quantifiers, Reach, Repeats, Role, Site, Step, Verb,
    effects::{Credential, Effects, Process},
    schema,
};
use crate::{
    expectation::{
        Expectations,
        outcome::{EXCHANGES, Outcome},
    },
    scenario::{
        participant::IdentityIssuer,
        resolver::{Part, Resolver},
        server_port::ServerPort,
    },
    text::counted,
    yaml::{Node, Problem, Rule, nearest},
};

const ATTEMPTS: u32 = 5;

#[derive(Clone, Debug, Serialize)]
pub struct ProbeSpec(pub HandshakeGrid);

/// A handshake grid: every client against every port of one server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WrittenProbe {
    /// Participant that plays the server.
    to: String,
    ports: Vec<ServerPort>,
    /// Client → one legend word per port.
    clients: BTreeMap<String, Vec<String>>,
    /// Legend word → what every attempt of such a cell must show.
    #[schemars(schema_with = "schema::legend::<ProbeSpec>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    legend: BTreeMap<String, BTreeMap<String, Value>>,
    /// Attempts per cell, default 5.
    attempts: Option<u32>,
}

impl Verb for ProbeSpec {
    const ABOUT: About = About {
        usage: "probe: {to, ports, clients, legend, attempts}",
        does: "every client calls every port (`http`, `tcp`, `app-mtls`, `metrics`)",
        shows: "`outcome`, `peer.spiffe`, `peer.serial`, `own.expired`, `server.saw.*`, `tls.version`, `tls.cipher`, `tls.alpn`, `tls.handshake`, `http-status`, `alert.name`, `stage`, `log.*`, `ms`, `handshake-ms`; under `then.` the same of what came after",
        facts: Facts::of(&[
            "outcome",
            "peer",
            "own",
            "server",
            "tls",
            "http-status",
            "alert",
            "stage",
            "error",
            "log",
            "ms",
            "handshake-ms",
            "then",
        ]),
        quantifiers: Quantifiers::OneRound,
        repeats: Repeats::ByItself,
    };

    type Written = WrittenProbe;

    fn resolve(written: WrittenProbe, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        resolver.member(&written.to, node.nearest(&["to"]).place, Part::Server);
        let attempts = written.attempts.unwrap_or(ATTEMPTS);
        if attempts == 0 {
            let problem = Problem::new(Rule::Empty, node.nearest(&["attempts"]).place, "zero attempts prove nothing");
            resolver.complain(problem.help("ask for at least 1"));
        }
        ports(resolver, &written.ports, node);
        let before = resolver.problems.len();
        let (legend, endpoints) = legend(resolver, &written, site.deviation, node);
        let understood = resolver.problems.len() == before;
        let WrittenProbe { to, ports, clients: rows, .. } = written;
        let grid = HandshakeGrid { to, ports, clients: rows, legend, attempts };
        clients(resolver, &grid, node);
        if understood {
            positive_controls(resolver, &grid, &endpoints, node);
        }
        Some(Self(grid))
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Handshakes(&self.0)
    }

    /// A client of a grid runs in the pod of its participant. It presents an ephemeral certificate, or that of the pod.
    fn effects(&self, participants: &Participants) -> Effects {
        let mut effects = Effects::default();
        for client in self.0.clients.keys() {
            effects.process(Process::Client(client.clone()));
            let Some(member) = participants.get(client) else { continue };
            match member.identity.as_ref().map(|identity| identity.issuer) {
                Some(IdentityIssuer::Mesh) => effects.credential(Credential::Issued(client.clone())),
                // Nobody trusts it.
                Some(IdentityIssuer::Rogue) | None => {}
            }
            let has_files = member.wire.as_ref().is_some_and(|wire| wire.files);
            if member.sidecar || has_files {
                effects.credential(Credential::Presented(client.clone()));
            }
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        let observed = self.0.clients.keys().chain([&self.0.to]).cloned().collect();
        Footprint { observed, reach: Reach::Participants, ..Footprint::nothing() }
    }
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

/// Legend words that accept that the client gets in, and those that expect anything of an exchange; for each of [`EXCHANGES`].
#[derive(Default)]
struct Endpoints {
    letting_in: [BTreeSet<String>; 2],
    demanding: [BTreeSet<String>; 2],
}

fn legend(
    resolver: &mut Resolver<'_>,
    written: &WrittenProbe,
    known: Option<&str>,
    node: &Node,
) -> (BTreeMap<String, Expectations>, Endpoints) {
    let mut legend = BTreeMap::new();
    let mut endpoints = Endpoints::default();
    let used: BTreeSet<&str> = written.clients.values().flatten().map(String::as_str).chain(known).collect();
    for (key, value) in node.nearest(&["legend"]).entries() {
        let demands = resolver.demands::<ProbeSpec>(value);
        if value.get("outcome").is_none() {
            let message = format!("`{}` names no outcome", key.text);
            let help =
                "add `outcome: established`, or list the ways of being refused: `outcome: [reset, closed-early]`";
            resolver.complain(Problem::new(Rule::Legend, key.place, message).help(help));
        }
        for (index, exchange) in EXCHANGES.into_iter().enumerate() {
            let Some(outcome) = value.get(exchange) else { continue };
            endpoints.demanding[index].insert(key.text.clone());
            if resolver.outcomes(outcome).iter().any(Outcome::let_in) {
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

fn clients(resolver: &mut Resolver<'_>, grid: &HandshakeGrid, node: &Node) {
    let list = node.nearest(&["clients"]);
    if grid.clients.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "a grid without clients proves nothing"));
    }
    for (key, cells) in list.entries() {
        resolver.member(&key.text, key.place, Part::Caller);
        let member = resolver.participants.get(&key.text).and_then(|member| member.wire.as_ref());
        let goes_on = member.is_some_and(|wire| wire.then.is_some());
        let words = cells.items();
        if words.len() != grid.ports.len() {
            let message = format!(
                "the client `{}` has {} for {}",
                key.text,
                counted(words.len(), "legend word"),
                counted(grid.ports.len(), "port")
            );
            let place = if words.is_empty() { key.place } else { cells.place };
            resolver.complain(Problem::new(Rule::Grid, place, message).help("write one legend word per port"));
        }
        for cell in words {
            let word = cell.text().unwrap_or_default();
            if !grid.legend.contains_key(word) {
                let problem = Problem::new(Rule::Legend, cell.place, format!("the legend does not explain `{word}`"));
                let meant = nearest(word, grid.legend.keys().map(String::as_str));
                resolver.complain(problem.suggest(meant));
            }
            let demands = grid.legend.get(word).into_iter().flat_map(|demands| &demands.0);
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
fn positive_controls(resolver: &mut Resolver<'_>, grid: &HandshakeGrid, endpoints: &Endpoints, node: &Node) {
    resolver.positive_controls.next();
    for (index, port) in grid.ports.iter().enumerate() {
        let cells: Vec<&Node> =
            node.nearest(&["clients"]).entries().filter_map(|(_, row)| row.items().get(index)).collect();
        for (exchange, (demanding, letting_in)) in endpoints.demanding.iter().zip(&endpoints.letting_in).enumerate() {
            let names = |cell: &Node, words: &BTreeSet<String>| cell.text().is_some_and(|word| words.contains(word));
            let endpoint = (grid.to.clone(), *port, exchange);
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
