//! `reapply`: applies a tree of the world once more, and compares what was and what is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Change, Credential, Effects},
};
use crate::{scenario::resolver::Resolver, yaml::Node};

/// Applies a tree of the world once more: facts `objects`, `unchanged`, `changed`, `created`, `certificates`, `reissued`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReapplySpec {
    /// A folder of the infrastructure trees, such as `mtls`.
    pub tree: String,
}

impl Verb for ReapplySpec {
    const ABOUT: About = About {
        usage: "reapply: {tree}",
        does: "applies a tree of the world once more, and compares the certificates before and after; its changes are undone",
        shows: "`objects`, `unchanged`, `changed`, `created`, `certificates`, `reissued`",
        facts: Facts::of(&["objects", "unchanged", "changed", "created", "certificates", "reissued"]),
        quantifiers: Quantifiers::All,
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
        Role::Observes
    }

    fn effects(&self, _: &Participants) -> Effects {
        let mut effects = Effects::of_change(Change::Applied(format!("the tree {}", self.tree)));
        effects.credential(Credential::KeyRead("every TLS Secret".to_owned()));
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::everything()
    }
}
