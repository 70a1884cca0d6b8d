//! Whether a change is known to be live when it is observed.
//!
//! `break` and `sabotage` bring their proof. A change in a step of its own needs one as well: an observation right after it may show the
//! mesh as it was before.

use super::Resolver;
use crate::{
    expectation::Quantifier,
    scenario::{
        model::{Scenario, Step},
        verbs::Role,
    },
    yaml::{Node, Place, Problem, Rule},
};

impl Resolver<'_> {
    pub(super) fn confirmed(&mut self, scenario: &Scenario, node: &Node) {
        let steps: Vec<(&str, &Step)> = (scenario.setup.iter().map(|step| ("setup", step)))
            .chain(scenario.steps.iter().map(|step| ("steps", step)))
            .collect();
        for (index, (section, step)) in steps.iter().enumerate() {
            // A change that brings no proof of its own.
            if !matches!(step.action.role(), Role::Changes) {
                continue;
            }
            let next = steps[index + 1..].iter().find(|(_, next)| next.action.observes() || waits(next));
            if let Some((_, look)) = next.filter(|(_, next)| !waits(next)) {
                let verb = step.action.verb();
                let message = format!("no step shows that this `{verb}` is live when `{}` observes", look.id);
                let problem = Problem::new(Rule::Unconfirmed, place(node, section, step), message);
                self.complain(problem.help("`wait` for its effect, or make it in a `break`, which has a `confirm`"));
            }
        }
    }
}

/// Whether a step goes on looking until the change is live.
fn waits(step: &Step) -> bool {
    step.action.role().awaits_changes() || matches!(step.when, Quantifier::Eventually { .. })
}

fn place(document: &Node, section: &str, step: &Step) -> Place {
    let steps = document.get(section).map(Node::items).unwrap_or_default();
    let Some(node) = steps.iter().find(|node| node.place.line == step.line) else { return Place::START };
    node.key(step.action.verb()).map_or(node.place, |key| key.place)
}
