//! How often a negative is observed: one observation proves little about what must not happen.
//!
//! A refusal is tried a few times, and the absence of an object is observed for a time: in the moment before the controller has
//! made it, or before the alert has fired, nothing is there either. Facts that sum up a time already (`rotate`, `traffic`,
//! `client-behaviour`) and facts of one object (its fields) are not concerned.

use super::{Resolver, Section};
use crate::{
    expectation::{Quantifier, outcome::Outcome},
    scenario::{model::Step, verbs::Role},
    text::counted,
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
        match step.action.role() {
            Role::Handshakes(grid) => {
                let tries = grid.attempts.max(observations);
                let refused = |word: &String| {
                    let accepted = grid.legend.get(word).map(|demands| demands.outcomes("outcome"));
                    accepted.is_some_and(|accepted| !accepted.is_empty() && !accepted.iter().any(Outcome::let_in))
                };
                // Zero attempts have been complained about already.
                if grid.attempts > 0 && tries < ENOUGH && grid.clients.values().flatten().any(refused) {
                    let help = format!("ask for at least {ENOUGH}, or leave out `attempts`");
                    self.complain(luck(tries, node.nearest(&["probe", "attempts"]), &help));
                }
            }
            Role::Cases(cases) if (1..ENOUGH).contains(&cases.repeat) => {
                let help = format!("ask for at least {ENOUGH}, or leave out `repeat`");
                self.complain(luck(cases.repeat, node.nearest(&["cases", "repeat"]), &help));
            }
            Role::Cases(_) => {}
            Role::Observes
            | Role::SumsUp
            | Role::Renews
            | Role::Changes
            | Role::Breaks(_)
            | Role::Waits
            | Role::Steers => {
                let facts = step.action.facts();
                let few = (1..ENOUGH).contains(&observations);
                let absent = step.expect.0.iter().find(|demand| few && facts.is_absence(demand));
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
        }
    }
}

fn luck(tries: u32, node: &Node, help: &str) -> Problem {
    let message =
        format!("{} of a client that must be refused: a single refusal may be an accident", counted(tries, "attempt"));
    Problem::new(Rule::Window, node.place, message).help(help)
}

fn observations(when: Quantifier) -> u32 {
    match when {
        Quantifier::Always { samples, .. } | Quantifier::Never { samples, .. } => samples,
        Quantifier::Eventually { stable, .. } => stable,
        Quantifier::Once => 1,
    }
}
