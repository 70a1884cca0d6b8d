//! `exec`: runs a program in a pod, for changes that no object stands for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, PodProgram, Quantifiers, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Change, Effects, Process},
};
use crate::{
    scenario::resolver::Resolver,
    yaml::{Node, Problem, Rule},
};

/// Runs a program in a container of the first Ready pod: for changes that no object stands for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExecSpec(pub PodProgram);

impl Verb for ExecSpec {
    const ABOUT: About = About {
        usage: "exec: {namespace, selector, container, command, undo}",
        does: "runs a program (no shell) in the first Ready pod, for changes that no object stands for; `undo` is run in the same place at the end",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        resolver.selector(&written.0.selector, site.node);
        if written.0.command.is_empty() {
            let place = site.node.nearest(&["command"]).place;
            let problem = Problem::new(Rule::Empty, place, "no program to run");
            resolver.complain(problem.help("name it first, then its arguments"));
        }
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Changes
    }

    fn effects(&self, _: &Participants) -> Effects {
        let command = self.0.command.join(" ");
        let mut effects = Effects::of_process(Process::Program(command.clone()));
        effects.change(Change::Arbitrary(command));
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::changing(vec![Resource::Namespace(self.0.namespace.clone())])
    }
}
