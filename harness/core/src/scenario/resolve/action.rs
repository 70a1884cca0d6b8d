//! The verb of a step: exactly one. What it means is its own file's business, see `verbs`.

use super::{Resolver, Section};
use crate::{
    scenario::{
        model::{Action, Step},
        raw,
        resolver::Sight,
        verbs::{NAMES, Role},
    },
    yaml::{Node, Problem, Rule},
};

impl Resolver<'_> {
    /// The one verb of a step; `None` when there is none or several, or when it is of no use, which is reported.
    pub(super) fn action(&mut self, raw: &mut raw::Step, node: &Node, name: &str) -> Option<Action> {
        let (mut actions, words) = raw.resolve(node, name, self);
        match words[..] {
            [] => {
                let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
                let problem = Problem::new(Rule::Verb, place, "this step has no verb");
                self.complain(problem.help(format!("one of {}", NAMES.join(", "))));
                None
            }
            [_] => actions.pop(),
            [first, .., last] => {
                let place = node.key(last).map_or(node.place, |key| key.place);
                let message = format!("`{first}` and `{last}` in one step");
                self.complain(Problem::new(Rule::Verb, place, message).help("a step has exactly one verb; split it"));
                None
            }
        }
    }

    /// The steps of a fault or a sabotage.
    pub(in crate::scenario) fn changes(&mut self, steps: Vec<raw::Step>, list: &Node, name: &str) -> Vec<Step> {
        let mut done = Vec::new();
        for (index, (raw, node)) in steps.into_iter().zip(list.items()).enumerate() {
            done.extend(self.step(raw, node, Section::Fault, &format!("{name}.do-{}", index + 1)));
        }
        done
    }

    /// A step that observes the effect of a fault or a sabotage.
    pub(in crate::scenario) fn sight(
        &mut self,
        raw: raw::Step,
        node: &Node,
        name: &str,
        sight: Sight,
    ) -> Option<Box<Step>> {
        let Sight { key, rule, purpose } = sight;
        let step = self.step(raw, node.nearest(&[key]), Section::Confirm, &format!("{name}.{key}"))?;
        if !step.action.observes() && !matches!(step.action.role(), Role::Waits) {
            let place = node.nearest(&[key]).entries().next().map_or(node.place, |(key, _)| key.place);
            let problem = Problem::new(rule, place, format!("`{}` cannot {purpose}", step.action.verb()));
            self.complain(problem.help("observe the effect: `probe`, `get`, `promql` …"));
        }
        Some(Box::new(step))
    }
}
