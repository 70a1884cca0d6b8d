//! `rotate`: waits for renewals of a certificate, and may set them off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Reach, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Change, Credential, Effects},
};
use crate::{
    scenario::resolver::{Part, Resolver},
    yaml::{Node, Problem, Rule},
};

/// Waits for renewals of a certificate, in a Secret, in an SVID or in the files of a participant: facts `renewals`, `serials.distinct`,
/// `keys.distinct`; of a Secret also `window-without-secret-ms` and what its Certificate said meanwhile: `certificate.last`, `certificate.ready`,
/// `certificate.reasons`; of an SVID `authorities.distinct`, `of-next-authority`, and how much of the old one's life was over:
/// `used-percent.least`, `used-percent.most`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RotateSpec {
    /// `namespace/name` of the Secret.
    #[serde(default)]
    pub secret: Option<String>,
    /// Participant whose X.509-SVID is fetched: with `natural` or `next-authority`.
    #[serde(default)]
    pub svid: Option<String>,
    /// Participant whose files change: with `reissue`.
    #[serde(default)]
    pub of: Option<String>,
    /// How long each new certificate is good for, with `reissue`; default as at first.
    #[serde(default)]
    pub lifetime: Option<String>,
    pub trigger: Trigger,
    #[serde(default = "one")]
    pub times: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// `kubectl delete secret`.
    DeleteSecret,
    /// cert-manager renews by itself at `renewBefore`, SPIRE's agent at half of an SVID's life.
    Natural,
    /// SPIRE's server prepares and activates a new X.509 authority; the renewals that follow are natural ones.
    NextAuthority,
    /// The world signs a new one and swaps the files as a kubelet does. Needs the feature `leaf-files`.
    Reissue,
    /// What `cmctl renew` does: the old Secret stays until the new one is there.
    Renew,
}

fn one() -> u32 {
    1
}

impl Verb for RotateSpec {
    const ABOUT: About = About {
        usage: "rotate: {secret | svid | of, trigger, times, lifetime}",
        does: "waits for renewals of a Secret (`trigger: natural`, `delete-secret`, or `renew`, which keeps the old Secret until the new one is there), or of the SVID of a participant (`natural`, or `next-authority`: a new CA is prepared and activated first); or swaps new certificates into the files of the participant `of` (`reissue`, feature `leaf-files`), good for `lifetime`",
        shows: "`renewals`, `serials.distinct`, `keys.distinct`; of a Secret `window-without-secret-ms`, and the values of its Certificate meanwhile, in their order: `certificate.ready`, `certificate.reasons`, and `certificate.last`, the last of the former; of an SVID `authorities.distinct`, `of-next-authority`, `used-percent.least` and `.most` (how much of the old one's life had passed)",
        facts: Facts::of(&[
            "renewals",
            "serials",
            "keys",
            "window-without-secret-ms",
            "took",
            "leaf",
            "certificate",
            "authorities",
            "of-next-authority",
            "used-percent",
        ]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::AfterEarlierSteps,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        written.names(site.node, resolver);
        written.matches(site.node, resolver);
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Renews
    }

    fn effects(&self, _: &Participants) -> Effects {
        let mut effects = Effects::default();
        if let Some(secret) = &self.secret {
            effects.credential(Credential::KeyRead(format!("Secret {secret}")));
        }
        if let Some(member) = &self.svid {
            effects.fetch_svid(member);
        }
        match self.trigger {
            Trigger::Natural => {}
            Trigger::DeleteSecret => effects.change(Change::Deleted(format!("Secret {}", self.subject()))),
            Trigger::NextAuthority => effects.change(Change::NextAuthority),
            Trigger::Reissue => {
                effects.credential(Credential::Issued(self.subject()));
                effects.change(Change::FilesSwapped(self.subject()));
            }
            Trigger::Renew => effects.change(Change::Renewed(format!("Secret {}", self.subject()))),
        }
        effects
    }

    fn footprint(&self, participants: &Participants) -> Footprint {
        let member = self.of.as_deref().or(self.svid.as_deref());
        let of_member = || Resource::namespace_of(member?, participants);
        let changed = self.secret.clone().map(Resource::Secret).or_else(of_member);
        Footprint {
            changed: changed.into_iter().collect(),
            read: self.secret.iter().map(|_| Resource::Issuers).collect(),
            reach: if member.is_some() { Reach::Participants } else { Reach::Named },
            ..Footprint::nothing()
        }
    }
}

impl RotateSpec {
    fn names(&self, node: &Node, resolver: &mut Resolver<'_>) {
        if let Some(secret) = &self.secret {
            resolver.secret(secret, node.nearest(&["secret"]).place);
        }
        for (key, member) in [("svid", &self.svid), ("of", &self.of)] {
            if let Some(member) = member {
                resolver.member(member, node.nearest(&[key]).place, Part::Anyone);
            }
        }
    }

    /// What is renewed, how, how often and for how long go together.
    fn matches(&self, node: &Node, resolver: &mut Resolver<'_>) {
        let verb = node.entries().next().map_or(node.place, |(key, _)| key.place);
        match (&self.secret, &self.svid, &self.of, self.trigger) {
            (Some(_), None, None, Trigger::DeleteSecret | Trigger::Natural | Trigger::Renew)
            | (None, Some(_), None, Trigger::Natural | Trigger::NextAuthority)
            | (None, None, Some(_), Trigger::Reissue) => {}
            _ => {
                let problem =
                    Problem::new(Rule::Secret, verb, "this does not say whose certificate is renewed, or how");
                resolver.complain(problem.help(
                    "`secret` with `trigger: natural`, `delete-secret` or `renew`, `svid` with `trigger: natural` or \
                     `next-authority`, or `of` with `trigger: reissue`",
                ));
            }
        }
        if let Some(lifetime) = &self.lifetime {
            let place = node.nearest(&["lifetime"]).place;
            resolver.duration(lifetime, place);
            if self.trigger != Trigger::Reissue {
                let problem =
                    Problem::new(Rule::Secret, place, "the issuer of this certificate decides how long it is valid");
                resolver.complain(problem.help("drop `lifetime`: it goes with `trigger: reissue`"));
            }
        }
        if self.times == 0 {
            let place = node.nearest(&["times"]).place;
            let problem = Problem::new(Rule::Empty, place, "zero rotations prove nothing");
            resolver.complain(problem.help("ask for at least 1"));
        }
    }

    /// Whose certificate is renewed.
    fn subject(&self) -> String {
        [&self.secret, &self.svid, &self.of].into_iter().flatten().next().cloned().unwrap_or_default()
    }
}
