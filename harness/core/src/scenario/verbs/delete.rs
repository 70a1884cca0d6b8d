//! `delete`: removes an object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, ObjectReference, Participants, Quantifiers, Reach, Repeats, Resource, Role, Site, Step,
    Verb,
    effects::{Change, Effects},
};
use crate::{scenario::resolver::Resolver, yaml::Node};

/// The object is created again at the end of the scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeleteSpec(pub ObjectReference);

impl Verb for DeleteSpec {
    const ABOUT: About = About {
        usage: "delete: {apiVersion, kind, namespace, name}",
        does: "removes an object; undone at the end",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, _: &Site<'_>, _: &mut Resolver<'_>) -> Option<Self> {
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
        Effects::of_change(Change::Deleted(self.0.spelled()))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint {
            changed: self.0.resource().into_iter().collect(),
            read: vec![Resource::IssuedFrom(self.0.api_version.clone())],
            beyond_namespaces: self.0.beyond_namespaces(),
            reach: if self.0.namespace.is_none() { Reach::Everything } else { Reach::Named },
            ..Footprint::nothing()
        }
    }
}
