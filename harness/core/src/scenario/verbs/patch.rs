//! `patch`: changes an object by a merge patch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Facts, Footprint, ObjectReference, Participants, Quantifiers, Reach, Repeats, Resource, Role, Site, Step,
    Verb,
    effects::{Change, Effects},
};
use crate::{scenario::resolver::Resolver, yaml::Node};

/// JSON merge patch; the inverse is registered before it is applied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchSpec {
    pub target: ObjectReference,
    pub merge: Value,
}

impl Verb for PatchSpec {
    const ABOUT: About = About {
        usage: "patch: {target, merge}",
        does: "changes an object by a JSON merge patch; undone at the end",
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
        Effects::of_change(Change::Patched(self.target.spelled()))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint {
            changed: self.target.resource().into_iter().collect(),
            read: vec![Resource::IssuedFrom(self.target.api_version.clone())],
            beyond_namespaces: self.target.beyond_namespaces(),
            reach: if self.target.namespace.is_none() { Reach::Everything } else { Reach::Named },
            ..Footprint::nothing()
        }
    }
}
