//! `trust`: decides which roots a trust store holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Change, Credential, Effects},
};
use crate::{
    scenario::resolver::Resolver,
    yaml::{Node, Problem, Rule},
};

/// Makes the `ca.crt` of Secrets, one after the other, the content of a trust store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustSpec {
    /// A trust-manager Bundle by name, or a Secret as `namespace/name`; it must exist.
    pub store: String,
    /// Secrets, as `namespace/name`, whose `ca.crt` is believed from now on.
    pub roots: Vec<String>,
}

impl Verb for TrustSpec {
    const ABOUT: About = About {
        usage: "trust: {store: bundle, roots: [secrets]}",
        does: "makes the `ca.crt` of Secrets the sources of a cluster-wide Bundle; `store: namespace/secret` makes them the `ca.crt` of a Secret instead",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let store = site.node.nearest(&["store"]).place;
        if written.store.is_empty() {
            let problem = Problem::new(Rule::Secret, store, "a trust store has a name");
            resolver.complain(problem.help("a Bundle's name, or `namespace/name` of a Secret"));
        } else if written.store.contains('/') {
            resolver.secret(&written.store, store);
        }
        let list = site.node.nearest(&["roots"]);
        for (root, item) in written.roots.iter().zip(list.items()) {
            resolver.secret(root, item.place);
        }
        if written.roots.is_empty() {
            let problem = Problem::new(Rule::Empty, list.place, "a store without roots trusts no certificate");
            resolver.complain(problem.help("name at least one Secret with a `ca.crt`"));
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
        let mut effects = Effects::of_change(Change::Patched(format!("the trust store {}", self.store)));
        for root in &self.roots {
            effects.credential(Credential::KeyRead(format!("Secret {root}")));
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint {
            changed: vec![Resource::Store(self.store.clone())],
            read: self.roots.iter().cloned().map(Resource::Secret).collect(),
            ..Footprint::nothing()
        }
    }
}
