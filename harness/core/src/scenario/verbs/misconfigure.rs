//! `misconfigure`: makes a reference program, or a rule for alerts, wrong on purpose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Reach, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Change, Effects, Process},
    rules::rule_file,
};
use crate::{
    scenario::resolver::{Part, Resolver},
    yaml::{Node, Problem, Rule},
};

/// Makes a reference program, or a rule for alerts, wrong on purpose. Undone as every change is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MisconfigureSpec {
    /// Faults of the reference client: words of `fixtures/client/README.md`.
    #[serde(default)]
    pub client: Vec<String>,
    #[serde(default)]
    pub workload: Option<WorkloadFaults>,
    #[serde(default)]
    pub rules: Option<RuleFault>,
}

impl Verb for MisconfigureSpec {
    const ABOUT: About = About {
        usage: "misconfigure: {client: [faults], workload: {of, verify, reload, answers}, rules: {file, alert, expr | merge | gone}}",
        does: "gives the reference client faults (words of `fixtures/client/README.md`), in local client sandboxes and in pods where the harness runs it, but not in a cluster of yours; or a workload: `verify: accept-anything`, `reload: never`, `answers: most`; or one rule where `rules` reads its file, while what is loaded for monitoring is not touched",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        if written.client.is_empty() && written.workload.is_none() && written.rules.is_none() {
            let problem = Problem::new(Rule::Empty, node.nearest(&["client"]).place, "no fault is listed");
            resolver.complain(problem.help("name faults of fixtures/client/README.md, a workload, or a rule"));
        }
        if let Some(workload) = &written.workload {
            resolver.member(&workload.of, node.nearest(&["workload", "of"]).place, Part::Server);
            if workload.is_empty() {
                let place = node.nearest(&["workload"]).place;
                let problem = Problem::new(Rule::Empty, place, "no fault of this workload is listed");
                resolver.complain(problem.help("`verify: accept-anything`, `reload: never` or `answers: most`"));
            }
        }
        if let Some(fault) = &written.rules {
            fault.check(node.nearest(&["rules"]), resolver);
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
        let mut effects = Effects::default();
        if !self.client.is_empty() {
            effects.change(Change::Misconfigured("the reference client".to_owned()));
        }
        if let Some(rules) = &self.rules {
            effects.change(Change::Misconfigured(format!("the rule file {}", rules.file)));
        }
        if let Some(workload) = &self.workload {
            effects.change(Change::Misconfigured(format!("the workload of `{}`", workload.of)));
            effects.process(Process::Restarted(workload.of.clone()));
        }
        effects
    }

    fn footprint(&self, participants: &Participants) -> Footprint {
        let Some(workload) = &self.workload else { return Footprint::everything() };
        let changed = Resource::namespace_of(&workload.of, participants).into_iter().collect();
        Footprint { reach: Reach::Participants, ..Footprint::changing(changed) }
    }
}

/// One rule of a rule file, changed where `rules` reads it. What Prometheus has loaded is not touched.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFault {
    /// Named by tree and path, such as `mtls/monitoring/rules/corrected.rules.yaml`.
    pub file: String,
    /// Whose rule it is.
    pub alert: String,
    #[serde(default)]
    pub expr: Option<OtherText>,
    /// JSON merge patch of the rule.
    #[serde(default)]
    pub merge: Map<String, Value>,
    /// The file has no such rule any more.
    #[serde(default)]
    pub gone: bool,
}

/// Text, and what takes its place wherever it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OtherText {
    pub replace: String,
    pub by: String,
}

impl RuleFault {
    /// A fault of a rule names the rule and what is changed about it.
    fn check(&self, node: &Node, resolver: &mut Resolver<'_>) {
        rule_file(&self.file, node.nearest(&["file"]).place, resolver);
        if self.is_empty() {
            let problem = Problem::new(Rule::Empty, node.place, format!("nothing about `{}` is changed", self.alert));
            resolver
                .complain(problem.help("write what: `expr: {replace: …, by: …}`, `merge: {for: 1h}`, or `gone: true`"));
        }
    }

    /// Whether anything is changed.
    pub fn is_empty(&self) -> bool {
        self.expr.as_ref().is_none_or(|text| text.replace == text.by) && self.merge.is_empty() && !self.gone
    }
}

/// A reference workload that does not do as it should, in at least one way.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkloadFaults {
    /// The workload.
    pub of: String,
    #[serde(default)]
    pub verify: Verify,
    #[serde(default)]
    pub reload: Reload,
    #[serde(default)]
    pub answers: Answers,
}

impl WorkloadFaults {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        let healthy = (Verify::default(), Reload::default(), Answers::default());
        (self.verify, self.reload, self.answers) == healthy
    }
}

/// What a reference workload does with client certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    AcceptAnything,
    #[default]
    Strict,
}

/// Whether it notices new files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    Never,
    #[default]
    OnChange,
}

/// Whether it answers every request, or leaves out every tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    #[default]
    All,
    Most,
}
