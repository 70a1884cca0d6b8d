//! `alert`: an alert of Prometheus, and whether it was delivered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Resource, Role, Site, Step, Verb,
    absence::is_none,
    effects::{Effects, Process},
};
use crate::{
    expectation::{Expectation, Matcher, Operator},
    scenario::resolver::Resolver,
    yaml::Node,
};

/// A Prometheus alert and its delivery: facts `state` (`inactive`, `pending`, `firing`, `missing`), `delivered.firing`, `delivered.resolved`, `labels.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlertSpec {
    pub name: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Verb for AlertSpec {
    const ABOUT: About = About {
        usage: "alert: {name, labels}",
        does: "a rule and its delivery",
        shows: "`state`, `delivered.firing`, `delivered.resolved`, `labels.*`",
        facts: Facts::of(&["state", "delivered", "labels", "annotations", "rule"]).absent_when(is_silence),
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
        Effects::of_process(Process::Request("the monitoring".to_owned()))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::reading(self.labels.get("namespace").cloned().map(Resource::Namespace).into_iter().collect())
    }
}

fn is_silence(demand: &Expectation) -> bool {
    if demand.path == "state" {
        return is_quiet(&demand.matcher);
    }
    demand.path.starts_with("delivered.") && is_none(&demand.matcher)
}

/// Whether the state of an alert may be one without notification.
fn is_quiet(matcher: &Matcher) -> bool {
    const QUIET: [&str; 2] = ["inactive", "missing"];
    let quiet = |value: &serde_json::Value| value.as_str().is_some_and(|word| QUIET.contains(&word));
    match matcher {
        Matcher::AbsentOr { values } | Matcher::AnyOf { values } => values.iter().any(quiet),
        Matcher::Compare { operator: Operator::NotEqual, value } => !quiet(value),
        Matcher::Equals { value } => quiet(value),
        _ => false,
    }
}
