//! `wait`: looks at objects until they are as expected.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, ObjectQuery, Participants, Quantifiers, Reach, Repeats, Role, Site, Step, Verb,
    effects::Effects,
};
use crate::{scenario::resolver::Resolver, yaml::Node};

/// Objects of one kind, as for `get`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitSpec(pub ObjectQuery);

impl Verb for WaitSpec {
    const ABOUT: About = About {
        usage: "wait: {…as get}",
        does: "until `expect` holds; running out is a step error, not a verdict",
        shows: "as `get`",
        facts: Facts::ANY,
        quantifiers: Quantifiers::UntilItHolds,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        written.0.check(site.node, resolver);
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Waits
    }

    fn effects(&self, _: &Participants) -> Effects {
        self.0.effects()
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        let reach = if self.0.is_everywhere() { Reach::Everything } else { Reach::Named };
        Footprint { reach, ..Footprint::reading(self.0.read().into_iter().collect()) }
    }
}
