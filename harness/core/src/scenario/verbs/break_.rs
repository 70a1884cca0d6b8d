//! `break`: a fault, and the proof that it is live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Action, Facts, Fault, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb, WrittenStep,
    effects::Effects,
};
use crate::{
    scenario::resolver::{Resolver, Sight},
    yaml::{Node, Problem, Rule},
};

#[derive(Clone, Debug, Serialize)]
pub struct BreakSpec(pub Fault);

/// A fault and the proof that it is live.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WrittenBreak {
    #[serde(rename = "do")]
    steps: Vec<WrittenStep>,
    confirm: Box<WrittenStep>,
}

impl Verb for BreakSpec {
    const ABOUT: About = About {
        usage: "break: {do: [steps], confirm: step}",
        does: "a fault and the proof that it is live",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = WrittenBreak;

    fn resolve(written: WrittenBreak, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let list = site.node.nearest(&["do"]);
        if written.steps.is_empty() {
            let problem = Problem::new(Rule::Fault, list.place, "this fault does nothing");
            resolver.complain(problem.help("list at least one step under `do`"));
        }
        let steps = resolver.changes(written.steps, list, site.step);
        let sight = Sight { key: "confirm", rule: Rule::Fault, purpose: "confirm a fault" };
        let confirm = resolver.sight(*written.confirm, site.node, site.step, sight)?;
        resolver.positive_controls.broken(site.step);
        resolver.faults.insert(site.step.to_owned());
        Some(Self(Fault { steps, confirm, recovered: None }))
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Breaks(&self.0)
    }

    fn effects(&self, participants: &Participants) -> Effects {
        Effects::of_all(self.0.every_step(), participants)
    }

    fn footprint(&self, participants: &Participants) -> Footprint {
        let steps = self.0.every_step().map(|step| step.action.footprint(participants));
        steps.fold(Footprint::nothing(), Footprint::and)
    }
}

impl Action {
    /// A step that makes this fault.
    pub fn breaking(fault: Fault) -> Self {
        Self::Break(BreakSpec(fault))
    }
}
