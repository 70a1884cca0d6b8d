//! `promql`: an instant query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Resource, Role, Site, Step, Verb,
    absence::is_none,
    effects::{Effects, Process},
};
use crate::{
    expectation::{Expectation, Matcher},
    scenario::resolver::Resolver,
    yaml::Node,
};

/// An instant query: facts `value` (first sample), `values`, `greatest`, `series` (count). An absent series leaves `value` undefined.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PromqlSpec {
    pub query: String,
}

impl Verb for PromqlSpec {
    const ABOUT: About = About {
        usage: "promql: {query}",
        does: "instant query",
        shows: "`value` (of the first series, which is any if there are several), `values`, `greatest`, `series` (how many)",
        facts: Facts::of(&["value", "values", "greatest", "series"]).absent_when(is_no_series),
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
        Footprint::reading(quoted_in(&self.query))
    }
}

fn is_no_series(demand: &Expectation) -> bool {
    let path = demand.path.as_str();
    (matches!(path, "value" | "greatest") && matches!(demand.matcher, Matcher::Absent | Matcher::AbsentOr { .. }))
        || (matches!(path, "series" | "values" | "values.#") && is_none(&demand.matcher))
}

/// Every quoted string of a query, as a namespace. Strings that are not namespaces do no harm.
fn quoted_in(query: &str) -> Vec<Resource> {
    query.split('"').skip(1).step_by(2).map(|name| Resource::Namespace(name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_reads_the_namespaces_that_it_names() {
        let names = ["a", "b"].map(|name| Resource::Namespace(name.to_owned()));
        assert_eq!(quoted_in(r#"up{namespace="a",pod!="b"} > 0"#), names);
    }
}
