//! Which recorded object let a caller in that had to be refused.
//!
//! Input: the failed checks, and objects that their scenarios read before. Output: one [`LetIn`] per check whose record
//! names such an object: one whose `spec` accepts plaintext for a call in plaintext, or one that lists the identity of
//! the caller for a call with a certificate. An object of another scenario is never named: its workload may be another.
//! The verdict does not depend on any of this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    evidence::event::Sample,
    verdict::{CheckVerdict, Verdict},
};

/// An object that lets the caller of a failed check in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LetIn {
    pub check: String,
    /// Kind, namespace and name.
    pub object: String,
    /// What of it lets the caller in.
    pub why: String,
}

impl LetIn {
    /// Object and reason in one phrase.
    pub(super) fn text(&self) -> String {
        format!("{} ({})", self.object, self.why)
    }
}

/// Collects objects and the callers that were let in.
#[derive(Debug, Default)]
pub(super) struct Admissions {
    /// The last look at each object of a scenario.
    objects: BTreeMap<(String, String), (Timestamp, Value)>,
    /// The first sample of each check in which a caller was let in, and the caller's identity if it has one.
    entered: BTreeMap<String, (Timestamp, Option<String>)>,
}

impl Admissions {
    pub(super) fn take(&mut self, scenario: &str, check: &str, sample: &Sample) {
        let facts = &sample.facts;
        let listed = facts["items"].as_array().into_iter().flatten();
        for object in std::iter::once(facts).chain(listed) {
            if let Some(name) = name(object) {
                self.objects.insert((scenario.to_owned(), name), (sample.at, object["spec"].clone()));
            }
        }
        let caller = match facts["outcome"].as_str() {
            Some(PLAINTEXT) => None,
            Some(SESSION) => match facts["server"]["saw"]["spiffe"].as_str() {
                Some(caller) => Some(caller.to_owned()),
                None => return,
            },
            _ => return,
        };
        self.entered.entry(check.to_owned()).or_insert((sample.at, caller));
    }

    /// The objects that explain failed checks, in the order of the checks.
    pub(super) fn explain(&self, checks: &[CheckVerdict]) -> Vec<LetIn> {
        let mut found = Vec::new();
        for check in checks.iter().filter(|check| check.verdict == Verdict::Fail) {
            let Some((at, caller)) = self.entered.get(&check.id) else { continue };
            let own =
                self.objects.iter().filter(|((scenario, _), (seen, _))| *scenario == check.scenario && seen <= at);
            for ((_, object), (_, spec)) in own {
                let why = match caller {
                    Some(caller) => lists(spec, caller),
                    None => accepts_plaintext(spec),
                };
                let why = why.map(|why| LetIn { check: check.id.clone(), object: object.clone(), why });
                found.extend(why);
            }
        }
        found
    }
}

const PLAINTEXT: &str = "plaintext-accepted";
const SESSION: &str = "established";

/// `Kind namespace/name` of an object that is there.
fn name(object: &Value) -> Option<String> {
    let (kind, metadata) = (object["kind"].as_str()?, &object["metadata"]);
    object["spec"].is_object().then_some(())?;
    let name = metadata["name"].as_str()?;
    Some(match metadata["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    })
}

/// The part of a policy on transport security that accepts plaintext.
fn accepts_plaintext(spec: &Value) -> Option<String> {
    let open = |mode: &Value| mode.as_str().filter(|mode| matches!(*mode, "PERMISSIVE" | "DISABLE")).map(str::to_owned);
    if let Some(mode) = open(&spec["mtls"]["mode"]) {
        return Some(format!("mode {mode}"));
    }
    let ports = spec["portLevelMtls"].as_object()?;
    ports.iter().find_map(|(port, of)| Some(format!("mode {} on port {port}", open(&of["mode"])?)))
}

/// The part of a policy on access that lists this caller.
fn lists(spec: &Value, caller: &str) -> Option<String> {
    if !matches!(spec["action"].as_str(), None | Some("ALLOW")) {
        return None;
    }
    let principal = caller.strip_prefix("spiffe://").unwrap_or(caller);
    let sources = spec["rules"].as_array()?.iter().flat_map(|rule| rule["from"].as_array().into_iter().flatten());
    let listed = sources.flat_map(|from| from["source"]["principals"].as_array().into_iter().flatten());
    let entry = listed.filter_map(Value::as_str).find(|entry| matches(entry, principal))?;
    Some(format!("lists {entry}"))
}

/// An entry is exact, or has a `*` as its first or last letter, or is one.
fn matches(entry: &str, principal: &str) -> bool {
    match (entry.strip_suffix('*'), entry.strip_prefix('*')) {
        (Some(start), _) => principal.starts_with(start),
        (None, Some(end)) => principal.ends_with(end),
        (None, None) => entry == principal,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, spec: &Value) -> Value {
        json!({"kind": kind, "metadata": {"namespace": "a", "name": "b"}, "spec": spec})
    }

    #[test]
    fn only_an_object_that_admits_the_caller_is_named() {
        for (spec, expected) in [
            (json!({"mtls": {"mode": "STRICT"}}), None),
            (json!({"mtls": {"mode": "PERMISSIVE"}}), Some("mode PERMISSIVE")),
            (
                json!({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "STRICT"}, "9090": {"mode": "DISABLE"}}}),
                Some("mode DISABLE on port 9090"),
            ),
        ] {
            assert_eq!(accepts_plaintext(&spec).as_deref(), expected, "{spec}");
        }
        let policy = |action: &str, entry: &str| json!({"action": action, "rules": [{"to": []}, {"from": [{"source": {"principals": ["x/y", entry]}}]}]});
        for (action, entry, expected) in [
            ("ALLOW", "t.d/ns/a/sa/c", Some("lists t.d/ns/a/sa/c")),
            ("ALLOW", "t.d/ns/a/*", Some("lists t.d/ns/a/*")),
            ("ALLOW", "*/sa/c", Some("lists */sa/c")),
            ("ALLOW", "*", Some("lists *")),
            ("ALLOW", "t.d/ns/a/sa/d", None),
            ("DENY", "*", None),
        ] {
            assert_eq!(
                lists(&policy(action, entry), "spiffe://t.d/ns/a/sa/c").as_deref(),
                expected,
                "{action} {entry}"
            );
        }
    }

    #[test]
    fn objects_have_a_name_only_when_they_are_there() {
        assert_eq!(name(&object("K", &json!({}))).as_deref(), Some("K a/b"));
        assert_eq!(name(&json!({"kind": "K", "exists": false})), None);
    }
}
