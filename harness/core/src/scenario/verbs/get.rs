//! `get`: reads objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, ObjectQuery, Participants, Quantifiers, Reach, Repeats, Role, Site, Step, Verb,
    absence::is_none, effects::Effects,
};
use crate::{
    expectation::{Expectation, Matcher},
    scenario::resolver::Resolver,
    yaml::Node,
};

/// Objects of one kind: the facts are the object itself (`name`) or, without `name`, a list: `items.#`, `items.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetSpec(pub ObjectQuery);

impl Verb for GetSpec {
    const ABOUT: About = About {
        usage: "get: {apiVersion, kind, namespace, name | selector}",
        does: "reads objects",
        shows: "with `name` the object; without, `items.#` and `items.*`",
        facts: Facts::ANY,
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        written.0.check(site.node, resolver);
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Facts::ANY.absent_when(if self.0.name.is_some() { is_no_object } else { is_no_item })
    }

    fn role(&self) -> Role<'_> {
        Role::Observes
    }

    fn effects(&self, _: &Participants) -> Effects {
        self.0.effects()
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        let reach = if self.0.is_everywhere() { Reach::Everything } else { Reach::Named };
        Footprint { reach, ..Footprint::reading(self.0.read().into_iter().collect()) }
    }
}

fn is_no_object(demand: &Expectation) -> bool {
    matches!(demand.matcher, Matcher::Absent | Matcher::AbsentOr { .. })
        && matches!(demand.path.as_str(), "apiVersion" | "kind" | "metadata")
}

fn is_no_item(demand: &Expectation) -> bool {
    matches!(demand.path.as_str(), "items" | "items.#") && is_none(&demand.matcher)
}
