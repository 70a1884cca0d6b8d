//! How often a negative is observed: one observation proves little about what must not happen.
//!
//! A refusal is tried a few times, and the absence of an object is observed for a time: in the moment before the controller has
//! made it, or before the alert has fired, nothing is there either. Facts that sum up a time already (`rotate`, `traffic`,
//! `client-behaviour`) and facts of one object (its fields) are not concerned.

use super::{Resolver, Section};
use crate::{
    expectation::{Expectation, Matcher, Operator, Quantifier, outcome::Outcome},
    scenario::model::{Action, Step},
    yaml::{Node, Problem, Rule},
};

/// Observations that a negative needs at least.
const ENOUGH: u32 = 3;

impl Resolver<'_> {
    pub(super) fn window(&mut self, step: &Step, node: &Node, section: Section) {
        if section != Section::Steps {
            return;
        }
        let observations = observations(step.when);
        match &step.action {
            Action::Probe(probe) => {
                let tries = probe.attempts.max(observations);
                let refused = |word: &String| {
                    let accepted = probe.legend.get(word).map(|demands| demands.outcomes("outcome"));
                    accepted.is_some_and(|accepted| !accepted.is_empty() && !accepted.iter().any(Outcome::let_in))
                };
                // Zero attempts have been complained about already.
                if probe.attempts > 0 && tries < ENOUGH && probe.clients.values().flatten().any(refused) {
                    let help = format!("ask for at least {ENOUGH}, or leave out `attempts`");
                    self.complain(luck(tries, node.nearest(&["probe", "attempts"]), &help));
                }
            }
            Action::Cases(cases) if (1..ENOUGH).contains(&cases.repeat) => {
                let help = format!("ask for at least {ENOUGH}, or leave out `repeat`");
                self.complain(luck(cases.repeat, node.nearest(&["cases", "repeat"]), &help));
            }
            action if (1..ENOUGH).contains(&observations) => {
                let absent = step.expect.0.iter().find(|demand| is_absence(action, demand));
                if let Some(demand) = absent {
                    let list = node.nearest(&["expect"]);
                    let place = list.key(&demand.path).map_or(list.place, |key| key.place);
                    let message = format!(
                        "`{1}` expects an absence after {0}",
                        counted(observations, "observation"),
                        demand.path
                    );
                    let help = "write for how long: `always: 20s`, or `eventually: 60s` when it has to go away first";
                    self.complain(Problem::new(Rule::Window, place, message).help(help));
                }
            }
            _ => {}
        }
    }
}

fn luck(tries: u32, node: &Node, help: &str) -> Problem {
    let message =
        format!("{} of a client that must be refused: a single refusal may be an accident", counted(tries, "attempt"));
    Problem::new(Rule::Window, node.place, message).help(help)
}

fn counted(count: u32, noun: &str) -> String {
    if count == 1 { format!("one {noun}") } else { format!("{count} {noun}s") }
}

fn observations(when: Quantifier) -> u32 {
    match when {
        Quantifier::Always { samples, .. } | Quantifier::Never { samples, .. } => samples,
        Quantifier::Eventually { stable, .. } => stable,
        Quantifier::Once => 1,
    }
}

/// Whether an expectation is met before anything has happened.
fn is_absence(action: &Action, demand: &Expectation) -> bool {
    let path = demand.path.as_str();
    let absent = demand.matcher == Matcher::Absent;
    match action {
        Action::Alert(_) if path == "state" => is_quiet(&demand.matcher),
        Action::Alert(_) => path.starts_with("delivered.") && is_none(&demand.matcher),
        Action::Get(get) if get.name.is_some() => absent && matches!(path, "apiVersion" | "kind" | "metadata"),
        Action::Get(_) => matches!(path, "items" | "items.#") && is_none(&demand.matcher),
        Action::Promql(_) => {
            (matches!(path, "value" | "greatest") && absent)
                || (matches!(path, "series" | "values" | "values.#") && is_none(&demand.matcher))
        }
        _ => false,
    }
}

fn is_none(matcher: &Matcher) -> bool {
    let is = |value: &serde_json::Value, number: u64| value.as_u64() == Some(number);
    match matcher {
        Matcher::Absent => true,
        Matcher::Between { min: _, max: Some(value) }
        | Matcher::Compare { operator: Operator::AtMost, value }
        | Matcher::Equals { value } => is(value, 0),
        Matcher::Compare { operator: Operator::Less, value } => is(value, 1),
        Matcher::Exactly { values } => values.is_empty(),
        _ => false,
    }
}

/// Whether the state of an alert may be one without notification.
fn is_quiet(matcher: &Matcher) -> bool {
    const QUIET: [&str; 2] = ["inactive", "missing"];
    let quiet = |value: &serde_json::Value| value.as_str().is_some_and(|word| QUIET.contains(&word));
    match matcher {
        Matcher::AnyOf { values } => values.iter().any(quiet),
        Matcher::Compare { operator: Operator::NotEqual, value } => !quiet(value),
        Matcher::Equals { value } => quiet(value),
        _ => false,
    }
}
