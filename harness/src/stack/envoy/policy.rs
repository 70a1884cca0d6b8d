//! AuthorizationPolicies as Envoy's RBAC, in the shapes that istiod gives them (istio `pilot/pkg/security/authz`).

use kube::api::DynamicObject;
use serde_json::{Map, Value, json};

use super::EnvoyError;
use crate::stack::istio;

/// What a list of policies does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Allow,
    Deny,
}

/// Rules for one pod.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    pub all: &'a [DynamicObject],
    pub account: &'a str,
    pub namespace: &'a str,
    /// Added to every port that a rule names.
    pub shift: u16,
    /// Whether requests are seen, or only connections.
    pub http: bool,
}

/// Whether a policy is meant for pods with this `app` label. No selector means all of its namespace.
pub(super) fn selects(policy: &DynamicObject, account: &str) -> bool {
    match policy.data["spec"]["selector"]["matchLabels"].as_object() {
        None => true,
        Some(labels) => labels.iter().all(|(key, value)| key == "app" && value == account),
    }
}

/// `namespace/name`.
pub(super) fn name(policy: &DynamicObject) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{}/{}", part(&policy.metadata.namespace), part(&policy.metadata.name))
}

impl Policies<'_> {
    /// The `rules` of an RBAC filter; nothing when no policy with this action selects the pod.
    ///
    /// # Errors
    ///
    /// When a policy says something that is not understood here.
    pub fn rules(&self, action: Action) -> Result<Option<Value>, EnvoyError> {
        let mut policies = Map::new();
        let mut any = false;
        for policy in self.all.iter().filter(|policy| self.concerns(policy)) {
            let refused = |problem: String| EnvoyError::Policy { policy: name(policy), problem };
            let spec = &policy.data["spec"];
            known(spec, &["selector", "action", "rules"]).map_err(refused)?;
            if action_of(spec).map_err(refused)? != action {
                continue;
            }
            any = true;
            let (namespace, own) = (policy.metadata.namespace.as_deref(), policy.metadata.name.as_deref());
            let prefix = format!("ns[{}]-policy[{}]", namespace.unwrap_or_default(), own.unwrap_or_default());
            let rules = spec["rules"].as_array();
            if rules.is_none_or(Vec::is_empty) {
                let nobody =
                    json!({"permissions": [{"not_rule": {"any": true}}], "principals": [{"not_id": {"any": true}}]});
                policies.insert(format!("{prefix}-rule[0]"), nobody);
            }
            for (number, rule) in rules.into_iter().flatten().enumerate() {
                if let Some(rule) = self.rule(rule, action).map_err(refused)? {
                    policies.insert(format!("{prefix}-rule[{number}]"), rule);
                }
            }
        }
        let mut rules = json!({"policies": policies});
        if action == Action::Deny {
            rules["action"] = json!("DENY");
        }
        Ok(any.then_some(rules))
    }

    fn concerns(&self, policy: &DynamicObject) -> bool {
        let namespace = policy.metadata.namespace.as_deref();
        let near = namespace == Some(self.namespace) || namespace == Some(istio::NAMESPACE);
        near && policy.types.as_ref().is_some_and(|types| types.kind == "AuthorizationPolicy")
            && selects(policy, self.account)
    }

    /// A rule that needs a request matches no connection: it allows nothing there. A denial loses what it cannot see and
    /// denies more.
    fn rule(&self, rule: &Value, action: Action) -> Result<Option<Value>, String> {
        known(rule, &["from", "to"])?;
        let mut permissions = Vec::new();
        for to in rule["to"].as_array().into_iter().flatten() {
            known(to, &["operation"])?;
            let operation = &to["operation"];
            known(operation, &["ports", "methods", "paths"])?;
            let needs_request = ["methods", "paths"].iter().any(|key| !operation[*key].is_null());
            if needs_request && !self.http && action == Action::Allow {
                continue;
            }
            permissions.push(self.permission(operation)?);
        }
        let mut principals = Vec::new();
        for from in rule["from"].as_array().into_iter().flatten() {
            known(from, &["source"])?;
            known(&from["source"], &["principals", "namespaces"])?;
            principals.push(principal(&from["source"])?);
        }
        if rule["to"].is_null() {
            permissions.push(json!({"and_rules": {"rules": [{"any": true}]}}));
        } else if permissions.is_empty() {
            return Ok(None);
        }
        if rule["from"].is_null() {
            principals.push(json!({"and_ids": {"ids": [{"any": true}]}}));
        }
        Ok(Some(json!({"permissions": permissions, "principals": principals})))
    }

    fn permission(&self, operation: &Value) -> Result<Value, String> {
        let mut rules = Vec::new();
        if self.http {
            let method = |word: &str| json!({"header": {"name": ":method", "string_match": text(word)}});
            let path = |word: &str| json!({"url_path": {"path": text(word)}});
            rules.extend(any_of("or_rules", "rules", strings(&operation["methods"])?.iter().map(|one| method(one))));
            rules.extend(any_of("or_rules", "rules", strings(&operation["paths"])?.iter().map(|one| path(one))));
        }
        let mut ports = Vec::new();
        for port in strings(&operation["ports"])? {
            let number: u16 = port.parse().map_err(|_| format!("port `{port}` is no number"))?;
            ports.push(json!({"destination_port": number + self.shift}));
        }
        rules.extend(any_of("or_rules", "rules", ports.into_iter()));
        if rules.is_empty() {
            rules.push(json!({"any": true}));
        }
        Ok(json!({"and_rules": {"rules": rules}}))
    }
}

fn principal(source: &Value) -> Result<Value, String> {
    let named = |value: Value| json!({"authenticated": {"principal_name": value}});
    let mut ids = Vec::new();
    let principals = strings(&source["principals"])?;
    ids.extend(any_of("or_ids", "ids", principals.iter().map(|one| named(identity(one)))));
    let namespace =
        |one: &String| named(json!({"safe_regex": {"regex": format!(".*/ns/{}/.*", one.replace('*', ".*"))}}));
    ids.extend(any_of("or_ids", "ids", strings(&source["namespaces"])?.iter().map(namespace)));
    if ids.is_empty() {
        ids.push(json!({"any": true}));
    }
    Ok(json!({"and_ids": {"ids": ids}}))
}

/// Principals are written without `spiffe://`.
fn identity(principal: &str) -> Value {
    match (principal.strip_prefix('*'), principal.strip_suffix('*')) {
        _ if principal == "*" => json!({"safe_regex": {"regex": ".+"}}),
        (Some(suffix), _) => json!({"suffix": suffix}),
        (_, Some(prefix)) => json!({"prefix": format!("spiffe://{prefix}")}),
        _ => json!({"exact": format!("spiffe://{principal}")}),
    }
}

fn text(word: &str) -> Value {
    match (word.strip_prefix('*'), word.strip_suffix('*')) {
        _ if word == "*" => json!({"safe_regex": {"regex": ".+"}}),
        (Some(suffix), _) => json!({"suffix": suffix}),
        (_, Some(prefix)) => json!({"prefix": prefix}),
        _ => json!({"exact": word}),
    }
}

fn any_of(key: &str, inner: &str, items: impl Iterator<Item = Value>) -> Option<Value> {
    let items: Vec<Value> = items.collect();
    (!items.is_empty()).then(|| json!({key: {inner: items}}))
}

fn action_of(spec: &Value) -> Result<Action, String> {
    match spec["action"].as_str() {
        None | Some("ALLOW") => Ok(Action::Allow),
        Some("DENY") => Ok(Action::Deny),
        Some(other) => Err(format!("action {other} is not understood here")),
    }
}

fn strings(list: &Value) -> Result<Vec<String>, String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("`{item}` is not text"))).collect()
}

fn known(value: &Value, keys: &[&str]) -> Result<(), String> {
    let others = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    match others.into_iter().find(|key| !keys.contains(key)) {
        None => Ok(()),
        Some(key) => Err(format!("`{key}` is not understood here")),
    }
}
