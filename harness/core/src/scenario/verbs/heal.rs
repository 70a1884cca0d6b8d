//! `heal`: undoes a fault before the scenario ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Action, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Change, Effects},
};
use crate::{
    scenario::resolver::Resolver,
    yaml::{Node, Problem, Rule, nearest},
};

/// Id of the `break` step to undo.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HealSpec(pub String);

impl Verb for HealSpec {
    const ABOUT: About = About {
        usage: "heal: <id of the break>",
        does: "undoes the fault",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let fault = &written.0;
        resolver.positive_controls.healed(fault);
        if !resolver.faults.contains(fault) {
            let message = format!("no `break` step before this one is called `{fault}`");
            let problem = Problem::new(Rule::Heal, site.node.place, message);
            let meant = nearest(fault, resolver.faults.iter().map(String::as_str)).map(str::to_owned);
            resolver.complain(problem.suggest(meant.as_deref()));
        }
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Steers
    }

    fn effects(&self, _: &Participants) -> Effects {
        Effects::of_change(Change::Restored(self.0.clone()))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::nothing()
    }
}

impl Action {
    /// A step that undoes the fault of the step with this id.
    pub fn healing(fault: &str) -> Self {
        Self::Heal(HealSpec(fault.to_owned()))
    }
}
