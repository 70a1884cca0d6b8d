//! An `AuthorizationPolicy`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Caller, Request,
    action::Action,
    rule::{Policy, Rule},
    truth::Truth,
};
use crate::{
    Mesh,
    name::Name,
    object::{Object, selector, selects},
    unknown::{Answer, Unknown},
    workload::Pod,
};

/// An `AuthorizationPolicy` of any served version.
#[derive(Clone, Debug)]
pub struct AuthorizationPolicy {
    object: Object,
    selector: BTreeMap<String, String>,
    action: Action,
    rules: Vec<Answer<Rule>>,
    is_for_gateways: bool,
}

impl AuthorizationPolicy {
    /// Reads a policy. A rule that is not understood keeps its policy: only callers whom it could concern become
    /// unknown.
    ///
    /// # Errors
    ///
    /// When it is unknown which pods it selects, or what it does.
    pub fn read(object: Object) -> Answer<Self> {
        let known = ["selector", "action", "rules", "provider", "targetRef", "targetRefs"];
        let mut unknown = object.unknown_fields(&object.spec, "spec", &known);
        let selector = selector(&object).unwrap_or_else(|problems| {
            unknown.extend(problems);
            BTreeMap::new()
        });
        let action = match &object.spec["action"] {
            Value::Null => Action::Allow,
            value => match value.as_str() {
                Some("ALLOW") => Action::Allow,
                Some("DENY") => Action::Deny,
                Some("AUDIT") => Action::Audit,
                Some("CUSTOM") => Action::Custom,
                _ => {
                    unknown.push(Unknown::new(&object.name, "spec.action", format!("{value} is no action")));
                    Action::Allow
                }
            },
        };
        let is_for_gateways = object.spec["targetRefs"].as_array().is_some_and(|refs| !refs.is_empty())
            || object.spec["targetRef"].is_object();
        let rules = match &object.spec["rules"] {
            Value::Null => Vec::new(),
            Value::Array(rules) => {
                let read = |(number, rule)| Rule::read(&object, rule, &format!("spec.rules[{number}]"));
                rules.iter().enumerate().map(read).collect()
            }
            _ => {
                unknown.push(Unknown::new(&object.name, "spec.rules", "is not a list"));
                Vec::new()
            }
        };
        if unknown.is_empty() { Ok(Self { object, selector, action, rules, is_for_gateways }) } else { Err(unknown) }
    }

    pub fn name(&self) -> &Name {
        &self.object.name
    }

    pub fn action(&self) -> Action {
        self.action
    }

    /// Whether it decides anything: an AUDIT policy and a dry run do not.
    pub fn is_enforced(&self) -> bool {
        let is_dry = self.object.annotations.get("istio.io/dry-run").is_some_and(|value| {
            // The forms that Go's `strconv.ParseBool` takes.
            ["1", "t", "T", "TRUE", "true", "True"].contains(&value.as_str())
        });
        self.action != Action::Audit && !is_dry
    }

    /// Whether its selector fits a pod. In the root namespace it may be any pod of the mesh.
    pub fn concerns(&self, pod: &Pod, mesh: &Mesh) -> bool {
        let namespace = &self.object.name.namespace;
        !self.is_for_gateways
            && (*namespace == mesh.root_namespace || *namespace == pod.name.namespace)
            && selects(&self.selector, &pod.labels)
    }

    /// Whether it denies everybody whom nothing else allows: ALLOW without a rule.
    pub fn is_default_deny(&self) -> bool {
        self.action == Action::Allow && self.rules.is_empty()
    }

    pub fn has_selector(&self) -> bool {
        !self.selector.is_empty()
    }

    /// Principals with a scheme, which match nobody: path of the field, and value.
    pub fn impossible_principals(&self) -> Vec<(String, String)> {
        let rules = self.rules.iter().filter_map(|rule| rule.as_ref().ok());
        rules.flat_map(Rule::impossible_principals).map(|(path, value)| (path.to_owned(), value.to_owned())).collect()
    }

    /// Whether one of its rules holds.
    pub(super) fn matches(&self, caller: &Caller, request: &Request, mesh: &Mesh) -> Truth {
        let policy = Policy { name: self.name(), action: self.action, mesh };
        Truth::any(self.rules.iter().map(|rule| match rule {
            Ok(rule) => rule.holds(&policy, caller, request),
            Err(unknown) => Truth::Unknown(unknown.clone()),
        }))
    }
}
