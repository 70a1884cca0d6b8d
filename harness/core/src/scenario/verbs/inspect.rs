//! `inspect`: certificates at rest, or as a sidecar holds them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Reach, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Credential, Effects, Process},
};
use crate::{
    scenario::resolver::{Part, Resolver},
    yaml::{Node, Problem, Rule},
};

/// Certificates at rest or delivered: facts `leaf.*`, `chain.*`, `anchor.*`, `path.*`; of a sidecar also `bundle.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InspectSpec {
    /// A `kubernetes.io/tls` Secret as `namespace/name`; its private key is only compared, never stored.
    #[serde(default)]
    pub secret: Option<String>,
    /// The secret a sidecar holds (through its admin endpoint), of this participant.
    #[serde(default)]
    pub sidecar: Option<String>,
    /// Secret, or where there is none the `ConfigMap` of that name, whose `ca.crt` is the only anchor the chain is validated against. Default: its
    /// own `ca.crt`, or the sidecar's bundle.
    #[serde(default)]
    pub anchor: Option<String>,
    /// Secret of a CA. The fact `of-issuer` then says whether it signed the leaf, whose chain has its certificate.
    #[serde(default)]
    pub issuer: Option<String>,
}

impl Verb for InspectSpec {
    const ABOUT: About = About {
        usage: "inspect: {secret | sidecar, anchor, issuer}",
        does: "certificates at rest or as held by a sidecar, and whether they lead to an `anchor` and are of an `issuer` (Secrets)",
        shows: "`leaf.*`, `chain.*`, `anchor.*`, `path.client`, `path.server`, `of-issuer`; of a sidecar `bundle.*`",
        facts: Facts::of(&[
            "leaf",
            "chain",
            "anchor",
            "bundle",
            "exists",
            "type",
            "annotations",
            "key-matches",
            "of-issuer",
            "path",
            "renewal",
        ]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        match (&written.secret, &written.sidecar) {
            (Some(secret), None) => resolver.secret(secret, node.nearest(&["secret"]).place),
            (None, Some(member)) => {
                let place = node.nearest(&["sidecar"]).place;
                resolver.member(member, place, Part::Anyone);
                if resolver.participants.get(member).is_some_and(|member| !member.sidecar) {
                    let message = format!("`{member}` has `sidecar: false`: there is nothing to inspect");
                    resolver.complain(Problem::new(Rule::Participants, place, message));
                }
            }
            (_, sidecar) => {
                resolver.members_used.extend(sidecar.clone());
                let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
                let problem = Problem::new(Rule::Inspect, place, "inspect exactly one thing");
                resolver.complain(problem.help("`secret: namespace/name`, or `sidecar: participant`"));
            }
        }
        for (key, name) in [("anchor", &written.anchor), ("issuer", &written.issuer)] {
            if let Some(name) = name {
                resolver.secret(name, node.nearest(&[key]).place);
            }
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
        let mut effects = Effects::default();
        for secret in self.secrets() {
            effects.credential(Credential::KeyRead(format!("Secret {secret}")));
        }
        // A sidecar shows certificates and no keys.
        if let Some(member) = &self.sidecar {
            effects.process(Process::sidecar_of(member));
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        let reach = if self.sidecar.is_some() { Reach::Participants } else { Reach::Named };
        Footprint { reach, ..Footprint::reading(self.secrets().cloned().map(Resource::Secret).collect()) }
    }
}

impl InspectSpec {
    fn secrets(&self) -> impl Iterator<Item = &String> {
        [&self.secret, &self.anchor, &self.issuer].into_iter().flatten()
    }
}
