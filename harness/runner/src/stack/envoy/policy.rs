//! Translates each `AuthorizationPolicy` into Envoy's RBAC, rule by rule like istiod (istio
//! `pilot/pkg/security/authz`).
//!
//! Supported: ALLOW and DENY by principals, namespaces, ports, methods and paths, and their negations, with `*` at
//! either end. Anything else is an error, because a partly enforced policy proves nothing.

mod matcher;
mod rule;

use mtls_kubernetes::DynamicObject;
use serde_json::{Map, Value, json};

use self::rule::{Place, Rule};
use super::EnvoyError;
use crate::stack::istio;

/// The action of a list of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Allow,
    Deny,
}

/// Generates the rules for one pod.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// The policies of the whole mesh.
    pub all: &'a [DynamicObject],
    /// The service account, which is also the pod's `app` label.
    pub account: &'a str,
    pub namespace: &'a str,
    /// Added to every port that a rule names.
    pub shift: u16,
    pub level: TrafficLevel,
}

/// The protocol level at which a port's filters see traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficLevel {
    Connections,
    Requests,
}

/// Whether a policy selects pods with this `app` label. No selector means the whole namespace.
pub(super) fn selects(policy: &DynamicObject, account: &str) -> bool {
    let labels = policy.data["spec"]["selector"]["matchLabels"].as_object();
    labels.into_iter().flatten().all(|(key, value)| key == "app" && value == account)
}

/// `namespace/name`.
pub(super) fn name(policy: &DynamicObject) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{}/{}", part(&policy.metadata.namespace), part(&policy.metadata.name))
}

impl Policies<'_> {
    /// The `rules` of an RBAC filter; `None` when no policy with this action selects the pod.
    ///
    /// # Errors
    ///
    /// When a policy uses an unsupported feature.
    pub fn rules(&self, action: Action) -> Result<Option<Value>, EnvoyError> {
        let mut generated = Map::new();
        let mut any = false;
        for policy in self.all.iter().filter(|policy| self.concerns(policy)) {
            let refused = |problem: String| EnvoyError::Policy { policy: name(policy), problem };
            let (declared, rules) = read(&policy.data["spec"]).map_err(refused)?;
            if declared != action {
                continue;
            }
            any = true;
            let (namespace, own) = (policy.metadata.namespace.as_deref(), policy.metadata.name.as_deref());
            let prefix = format!("ns[{}]-policy[{}]", namespace.unwrap_or_default(), own.unwrap_or_default());
            if rules.is_empty() {
                let nobody =
                    json!({"permissions": [{"not_rule": {"any": true}}], "principals": [{"not_id": {"any": true}}]});
                generated.insert(format!("{prefix}-rule[0]"), nobody);
            }
            for (number, rule) in rules.iter().enumerate() {
                // A rule about requests cannot match bytes: an ALLOW policy loses the rule; a DENY policy loses the
                // fields about requests and so denies more.
                if self.level == TrafficLevel::Requests || action == Action::Deny || !rule.is_about_requests() {
                    generated.insert(format!("{prefix}-rule[{number}]"), rule.generated(self.level, self.shift));
                }
            }
        }
        let mut rules = json!({});
        if !generated.is_empty() {
            rules["policies"] = Value::Object(generated);
        }
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
}

fn read(spec: &Value) -> Result<(Action, Vec<Rule>), String> {
    let place = Place::of("spec");
    place.only(spec, &["selector", "action", "rules"])?;
    place.at("selector").only(&spec["selector"], &["matchLabels"])?;
    let action = match &spec["action"] {
        Value::Null => Action::Allow,
        Value::String(word) if word == "ALLOW" => Action::Allow,
        Value::String(word) if word == "DENY" => Action::Deny,
        other => return Err(format!("spec.action: {other} is not understood here")),
    };
    Ok((action, place.at("rules").each(&spec["rules"], rule::read)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtls_kubernetes::documents;

    #[test]
    fn what_is_not_understood_is_named_with_its_place() {
        let about = |spec: &str| {
            let kind = "apiVersion: security.istio.io/v1, kind: AuthorizationPolicy";
            let policies =
                documents(&format!("{{{kind}, metadata: {{namespace: ns, name: p}}, spec: {spec}}}")).unwrap();
            let policies =
                Policies { all: &policies, account: "api", namespace: "ns", shift: 0, level: TrafficLevel::Requests };
            policies.rules(Action::Allow).map(|_| ()).map_err(|error| error.to_string())
        };
        let table = [
            ("{rules: [{when: [{key: source.ip, values: [a]}]}]}", "spec.rules[0].when"),
            ("{action: AUDIT, rules: [{}]}", "spec.action"),
            ("{targetRefs: []}", "spec.targetRefs"),
            ("{rules: [{from: [{source: {ipBlocks: [a]}}]}]}", "spec.rules[0].from[0].source.ipBlocks"),
            ("{rules: [{to: [{operation: {ports: [http]}}]}]}", "spec.rules[0].to[0].operation.ports[0]"),
            ("{rules: [{to: [{operation: {ports: ['0']}}]}]}", "spec.rules[0].to[0].operation.ports[0]"),
            ("{rules: [{to: [{operation: {paths: ['/{*}']}}]}]}", "spec.rules[0].to[0].operation.paths[0]"),
            ("{rules: [{from: [{source: {principals: [a*b]}}]}]}", "spec.rules[0].from[0].source.principals[0]"),
            ("{rules: [{from: [{source: {namespaces: a}}]}]}", "spec.rules[0].from[0].source.namespaces"),
        ];
        for (spec, place) in table {
            let error = about(spec).unwrap_err();
            assert!(error.starts_with(&format!("ns/p: {place}: ")), "{spec}: {error}");
        }
        // Policies of other workloads are not validated.
        assert_eq!(about("{selector: {matchLabels: {app: web}}, rules: [{when: []}]}"), Ok(()));
    }

    #[test]
    fn bytes_keep_no_rule_about_requests() {
        let text = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {namespace: ns, name: p},
            spec: {rules: [{to: [{operation: {ports: ['1']}}, {operation: {methods: [GET]}}]}]}}";
        let all = documents(text).unwrap();
        let rules =
            |level| Policies { all: &all, account: "api", namespace: "ns", shift: 0, level }.rules(Action::Allow);
        assert_eq!(
            rules(TrafficLevel::Connections).unwrap(),
            Some(json!({})),
            "a filter without policies allows nothing"
        );
        let kept = rules(TrafficLevel::Requests).unwrap().unwrap();
        assert_eq!(kept["policies"]["ns[ns]-policy[p]-rule[0]"]["permissions"].as_array().map(Vec::len), Some(2));
    }
}
