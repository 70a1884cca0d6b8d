//! `svid`: fetches an SVID in the place of a participant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb, effects::Effects};
use crate::{
    scenario::resolver::{Part, Resolver},
    yaml::{Node, Problem, Rule},
};

/// Fetches an SVID through the Workload API from inside a client pod.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SvidSpec {
    pub of: String,
    pub kind: SvidKind,
    #[serde(default)]
    pub audience: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SvidKind {
    Jwt,
    X509,
}

impl Verb for SvidSpec {
    const ABOUT: About = About {
        usage: "svid: {of, kind: x509 | jwt, audience}",
        does: "fetches an SVID in the place of a participant",
        shows: "the SVID's fields; without one `outcome`, `error`, and the client's word for the failure, `ended`: `no-identity`, `socket-missing`, `socket-refused`, `unavailable`",
        facts: Facts::ANY,
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        resolver.member(&written.of, site.node.nearest(&["of"]).place, Part::Anyone);
        let place = site.node.nearest(&["kind"]).place;
        match (written.kind, &written.audience) {
            (SvidKind::Jwt, None) => {
                let problem = Problem::new(Rule::Svid, place, "a JWT-SVID is made for an audience");
                resolver.complain(problem.help("add `audience`"));
            }
            (SvidKind::X509, Some(_)) => {
                let problem = Problem::new(Rule::Svid, place, "an X.509-SVID has no audience");
                resolver.complain(problem.help("drop `audience`, or write `kind: jwt`"));
            }
            (SvidKind::Jwt, Some(_)) | (SvidKind::X509, None) => {}
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
        effects.fetch_svid(&self.of);
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint { observed: vec![self.of.clone()], ..Footprint::nothing() }
    }
}
