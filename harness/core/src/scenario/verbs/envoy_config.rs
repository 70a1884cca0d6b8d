//! `envoy-config`: what the control plane gave a server's sidecar, beside what the policies ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Effects, Process},
};
use crate::{
    scenario::resolver::{Part, Resolver},
    yaml::{Node, Problem, Rule},
};

/// What a server's sidecar was given, compared with what its policies ask for: facts `drift.*`, `ports.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvoyConfigSpec {
    /// The server.
    pub of: String,
}

impl Verb for EnvoyConfigSpec {
    const ABOUT: About = About {
        usage: "envoy-config: {of}",
        does: "compares what the control plane gave a server's sidecar with what the policies ask for (`fixtures/envoy/README.md`)",
        shows: "`drift.#`, `drift.*.port`, `drift.*.at`, `drift.*.pushed`, `drift.*.ours`, `ports.#`",
        facts: Facts::of(&["drift", "ports"]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let place = site.node.nearest(&["of"]).place;
        resolver.member(&written.of, place, Part::Server);
        if resolver.participants.get(&written.of).is_some_and(|member| !member.sidecar) {
            let message = format!("`{}` has `sidecar: false`", written.of);
            resolver.complain(Problem::new(Rule::Participants, place, message));
        }
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
        Effects::of_process(Process::sidecar_of(&self.of))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::of_participants()
    }
}
