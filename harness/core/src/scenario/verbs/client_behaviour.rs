//! `client-behaviour`: one case about the reference client, which runs as a process of this machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb, effects::Effects};
use crate::{
    scenario::{client_behaviour::BehaviourCase, resolver::Resolver},
    yaml::Node,
};

/// One case about the client: facts of both ends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientBehaviourSpec {
    pub case: BehaviourCase,
}

impl Verb for ClientBehaviourSpec {
    const ABOUT: About = About {
        usage: "client-behaviour: {case}",
        does: "runs a case about the reference client (below)",
        shows: "those of the case",
        facts: Facts::ANY,
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, _: &Site<'_>, _: &mut Resolver<'_>) -> Option<Self> {
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Facts::of(self.case.facts()).of_producer(self.case.word())
    }

    fn role(&self) -> Role<'_> {
        Role::Observes
    }

    /// The client and its servers are processes of this machine.
    fn effects(&self, _: &Participants) -> Effects {
        Effects::default()
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::everything()
    }
}
