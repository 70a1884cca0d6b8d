//! `proxy-status`: what the control plane of the mesh says of the sidecars of a namespace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Effects, Process},
};
use crate::{scenario::resolver::Resolver, yaml::Node};

/// What istiod says of the sidecars of a namespace: facts `pods`, `missing`, `out-of-sync.*`, `versions`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProxyStatusSpec {
    pub namespace: String,
}

impl Verb for ProxyStatusSpec {
    const ABOUT: About = About {
        usage: "proxy-status: {namespace}",
        does: "which pods of a namespace have a sidecar that the control plane knows, and which lag behind",
        shows: "`pods`, `missing`, `out-of-sync.*`, `versions`",
        facts: Facts::of(&["pods", "missing", "out-of-sync", "versions"]),
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
        Effects::of_process(Process::Query("the control plane of the mesh".to_owned()))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::everything()
    }
}
