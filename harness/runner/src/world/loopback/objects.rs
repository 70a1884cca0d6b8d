//! The policies of a loopback world in a store like that of an API server.
//!
//! It has no admission and no defaulting, and it knows no kinds other than policies.

use std::collections::BTreeMap;

use mtls_core::scenario::selector::LabelSelector;
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{KubeError, Reference, selects};
use serde_json::Value;

use crate::stack::istio;

/// Objects by kind, namespace and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Store(BTreeMap<Reference, DynamicObject>);

impl Store {
    pub(super) fn of(objects: Vec<DynamicObject>) -> Result<Self, KubeError> {
        let mut store = Self::default();
        objects.into_iter().try_for_each(|object| store.put(object))?;
        Ok(store)
    }

    pub(super) fn get(&self, reference: &Reference) -> Result<Option<DynamicObject>, KubeError> {
        known(&reference.api_version, &reference.kind)?;
        Ok(self.0.get(reference).cloned())
    }

    pub(super) fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<DynamicObject>, KubeError> {
        known(api_version, kind)?;
        let selector: Option<LabelSelector> = selector.map(parsed).transpose()?;
        let matches = |object: &DynamicObject| selector.as_ref().is_none_or(|selector| selects(selector, object));
        let of_kind = |reference: &Reference| {
            reference.api_version == api_version
                && reference.kind == kind
                && namespace.is_none_or(|namespace| reference.namespace.as_deref() == Some(namespace))
        };
        Ok(self.0.iter().filter(|(key, one)| of_kind(key) && matches(one)).map(|(_, one)| one.clone()).collect())
    }

    pub(super) fn put(&mut self, object: DynamicObject) -> Result<(), KubeError> {
        let reference = Reference::of(&object)?;
        known(&reference.api_version, &reference.kind)?;
        self.0.insert(reference, object);
        Ok(())
    }

    /// Applies a JSON merge patch (RFC 7396).
    pub(super) fn merge(&mut self, reference: &Reference, patch: &Value) -> Result<(), KubeError> {
        let before = self.get(reference)?.ok_or_else(|| KubeError::Missing(reference.clone()))?;
        let refused = |error: serde_json::Error| KubeError::Refused {
            object: reference.to_string(),
            last: format!("it is not an object after the patch: {error}"),
        };
        let mut value = serde_json::to_value(before).map_err(refused)?;
        json_patch::merge(&mut value, patch);
        self.put(serde_json::from_value(value).map_err(refused)?)
    }

    pub(super) fn delete(&mut self, reference: &Reference) -> Result<(), KubeError> {
        known(&reference.api_version, &reference.kind)?;
        self.0.remove(reference);
        Ok(())
    }

    /// All objects.
    pub(super) fn all(&self) -> Vec<DynamicObject> {
        self.0.values().cloned().collect()
    }
}

fn known(api_version: &str, kind: &str) -> Result<(), KubeError> {
    if istio::is_policy_kind(api_version, kind) {
        return Ok(());
    }
    Err(KubeError::NoSuchKind { api_version: api_version.to_owned(), kind: kind.to_owned() })
}

fn parsed(text: &str) -> Result<LabelSelector, KubeError> {
    text.parse().map_err(|source| KubeError::Selector { text: text.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(mode: &str) -> DynamicObject {
        serde_json::from_value(json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": "n", "labels": {"a": "b"}}, "spec": {"mtls": {"mode": mode}},
        }))
        .unwrap()
    }

    #[test]
    fn policies_are_stored_patched_and_listed() {
        let mut store = Store::of(vec![policy("STRICT")]).unwrap();
        let reference = Reference::of(&policy("STRICT")).unwrap();
        store.merge(&reference, &json!({"spec": {"mtls": {"mode": "PERMISSIVE"}, "selector": null}})).unwrap();
        assert_eq!(store.get(&reference).unwrap().unwrap().data["spec"]["mtls"]["mode"], "PERMISSIVE");
        let found = |namespace, selector| {
            store.list("security.istio.io/v1", "PeerAuthentication", namespace, selector).unwrap().len()
        };
        assert_eq!((found(Some("n"), Some("a=b")), found(None, Some("a=c")), found(Some("m"), None)), (1, 0, 0));
    }

    #[test]
    fn every_requirement_of_a_selector_counts() {
        let store = Store::of(vec![policy("STRICT")]).unwrap();
        let list = |selector| store.list("security.istio.io/v1", "PeerAuthentication", None, Some(selector));
        for (selector, expected) in [
            ("a", 1),
            ("other", 0),
            ("!other", 1),
            ("!a", 0),
            ("a!=b", 0),
            ("a!=c", 1),
            ("a==b", 1),
            ("a in (b, c)", 1),
            ("a notin (b)", 0),
            ("a=b,other", 0),
        ] {
            assert_eq!(list(selector).unwrap().len(), expected, "{selector}");
        }
        for selector in ["", "a=b,", "a>1", "a b"] {
            assert!(matches!(list(selector), Err(KubeError::Selector { .. })), "{selector}");
        }
    }

    #[test]
    fn other_kinds_are_unknown() {
        let error = Store::default().get(&Reference::new("v1", "Pod", Some("n"), "p")).unwrap_err();
        assert!(matches!(error, KubeError::NoSuchKind { .. }));
    }
}
