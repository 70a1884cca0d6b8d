//! Handshake grids: rows, columns, legend, and the twin that every denial needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resolver, cast::Part, matcher};
use crate::{
    expectation::{Expectations, outcome::Outcome},
    scenario::{
        model::{Column, Probe},
        raw,
    },
    yaml::{Node, Problem, Rule, nearest},
};

const ATTEMPTS: u32 = 5;

/// `known` is the legend word of a deviation, which no cell says.
pub(super) fn read(resolver: &mut Resolver<'_>, raw: raw::Probe, known: Option<&str>, node: &Node) -> Probe {
    resolver.member(&raw.to, node.nearest(&["to"]).place, Part::Server);
    let attempts = raw.attempts.unwrap_or(ATTEMPTS);
    if attempts == 0 {
        let place = node.nearest(&["attempts"]).place;
        resolver
            .complain(Problem::new(Rule::Empty, place, "no attempt at all proves nothing").help("ask for at least 1"));
    }
    columns(resolver, &raw.columns, node);
    let before = resolver.problems.len();
    let (legend, doors) = legend(resolver, &raw, known, node);
    let understood = resolver.problems.len() == before;
    let probe = Probe { to: raw.to, columns: raw.columns, rows: raw.rows, legend, attempts };
    rows(resolver, &probe, node);
    if understood {
        positive_controls(resolver, &probe, &doors, node);
    }
    probe
}

fn columns(resolver: &mut Resolver<'_>, columns: &[Column], node: &Node) {
    let list = node.nearest(&["columns"]);
    let mut seen = BTreeSet::new();
    for (column, item) in columns.iter().zip(list.items()) {
        if !seen.insert(column) {
            let message = format!("the column `{}` is listed twice", column.word());
            resolver.complain(Problem::new(Rule::Grid, item.place, message));
        }
    }
    if columns.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "a grid without columns proves nothing"));
    }
}

/// Where the outcomes of a caller's exchanges stand among the facts.
pub(super) const EXCHANGES: [&str; 2] = ["outcome", "then.outcome"];

/// Which legend words accept that the caller gets in, and which demand something of an exchange; for each of [`EXCHANGES`].
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
    let mut doors = Endpoints::default();
    let used: BTreeSet<&str> = raw.rows.values().flatten().map(String::as_str).chain(known).collect();
    for (key, value) in node.nearest(&["legend"]).entries() {
        resolver.known_facts(value, "probe");
        let demands = matcher::expectations(value, &mut resolver.problems);
        if value.get("outcome").is_none() {
            let message = format!("`{}` does not say which outcome it accepts", key.text);
            let help =
                "add `outcome: established`, or list the ways of being refused: `outcome: [reset, closed-early]`";
            resolver.complain(Problem::new(Rule::Legend, key.place, message).help(help));
        }
        for (index, exchange) in EXCHANGES.into_iter().enumerate() {
            let Some(outcome) = value.get(exchange) else { continue };
            doors.demanding[index].insert(key.text.clone());
            if matcher::outcomes(outcome, &mut resolver.problems).iter().any(Outcome::let_in) {
                doors.letting_in[index].insert(key.text.clone());
            }
        }
        if !used.contains(key.text.as_str()) {
            let problem = Problem::new(Rule::Unused, key.place, format!("no cell says `{}`", key.text));
            resolver.complain(problem.help("use the legend word in a row or drop it"));
        }
        legend.insert(key.text.clone(), demands);
    }
    (legend, doors)
}

fn rows(resolver: &mut Resolver<'_>, probe: &Probe, node: &Node) {
    let list = node.nearest(&["rows"]);
    if probe.rows.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "a grid without rows proves nothing"));
    }
    for (key, cells) in list.entries() {
        resolver.member(&key.text, key.place, Part::Caller);
        let member = resolver.cast.get(&key.text).and_then(|member| member.speaks.as_ref());
        let goes_on = member.is_some_and(|speech| speech.then.is_some());
        let words = cells.items();
        if words.len() != probe.columns.len() {
            let message = format!(
                "the row `{}` has {} for {}",
                key.text,
                counted(words.len(), "cell"),
                counted(probe.columns.len(), "column")
            );
            let place = if words.is_empty() { key.place } else { cells.place };
            resolver.complain(Problem::new(Rule::Grid, place, message).help("write one legend word per column"));
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
                let message =
                    format!("`{word}` looks at `then`, but `{}` does not go on after its first exchange", key.text);
                let help = "give the member `speaks: {then: …}`, or a legend word of its own";
                resolver.complain(Problem::new(Rule::Legend, cell.place, message).help(help));
            }
        }
    }
}

/// Notes through which columns somebody gets in, and through which somebody is refused and nobody gets in.
fn positive_controls(resolver: &mut Resolver<'_>, probe: &Probe, doors: &Endpoints, node: &Node) {
    resolver.positive_controls.next();
    for (index, column) in probe.columns.iter().enumerate() {
        let cells: Vec<&Node> =
            node.nearest(&["rows"]).entries().filter_map(|(_, row)| row.items().get(index)).collect();
        for (exchange, (demanding, letting_in)) in doors.demanding.iter().zip(&doors.letting_in).enumerate() {
            let says = |cell: &Node, words: &BTreeSet<String>| cell.text().is_some_and(|word| words.contains(word));
            let door = (probe.to.clone(), *column, exchange);
            if cells.iter().any(|cell| says(cell, letting_in)) {
                resolver.positive_controls.let_in(door);
                continue;
            }
            let Some(denied) = cells.iter().find(|cell| says(cell, demanding)) else { continue };
            let (back, again) = if exchange == 0 { ("", "") } else { (" a second time", " again") };
            let message = format!(
                "nobody gets in through `{}`{back}, so being refused there{back} proves nothing",
                column.word()
            );
            let help =
                format!("add a row whose caller is let in{again} through this column, to show that the path works");
            resolver
                .positive_controls
                .denied(door, Problem::new(Rule::DenialWithoutTwin, denied.place, message).help(help));
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
