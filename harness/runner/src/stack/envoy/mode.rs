//! The effective mode of a port from `PeerAuthentication` (istio `pilot/pkg/security/authn/policy_applier.go`).

use mtls_kubernetes::DynamicObject;
use serde_json::Value;

use super::EnvoyError;
use crate::stack::istio;

/// How a port handles clients without a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every connection is plaintext.
    Disable,
    /// Mesh mTLS and plaintext.
    Permissive,
    /// Mutual TLS only.
    Strict,
}

/// The mode of a port of a service account's pods. The first of these policies that sets a mode applies: port of a
/// workload's policy, workload, namespace, mesh. Of several at one level the oldest applies, of equally old ones the
/// first. The default is PERMISSIVE. In the root namespace a policy with a selector is ignored.
///
/// # Errors
///
/// When a policy has a mode that is not supported here.
pub fn effective_mode(
    port: u16,
    account: &str,
    namespace: &str,
    policies: &[DynamicObject],
) -> Result<Mode, EnvoyError> {
    let peers = || policies.iter().filter(|policy| is_peer_authentication(policy));
    let in_namespace = |policy: &&DynamicObject, wanted: &str| policy.metadata.namespace.as_deref() == Some(wanted);
    let selects = |policy: &&DynamicObject| super::policy::selects(policy, account);
    let has_selector = |policy: &&DynamicObject| {
        policy.data["spec"]["selector"]["matchLabels"].as_object().is_some_and(|labels| !labels.is_empty())
    };
    let own = peers().filter(|one| namespace != istio::NAMESPACE && in_namespace(one, namespace) && has_selector(one));
    let workload = oldest(own.filter(selects));
    let broad = |wanted: &str| oldest(peers().filter(|one| in_namespace(one, wanted) && !has_selector(one)));
    let mut candidates = Vec::new();
    if let Some(policy) = workload {
        candidates.push((policy, policy.data["spec"]["portLevelMtls"][port.to_string()].clone()));
        candidates.push((policy, policy.data["spec"]["mtls"].clone()));
    }
    for policy in [broad(namespace), broad(istio::NAMESPACE)].into_iter().flatten() {
        candidates.push((policy, policy.data["spec"]["mtls"].clone()));
    }
    for (policy, mtls) in candidates {
        match mode(&mtls) {
            Ok(None) => {}
            Ok(Some(mode)) => return Ok(mode),
            Err(problem) => return Err(EnvoyError::Policy { policy: super::policy::name(policy), problem }),
        }
    }
    Ok(Mode::Permissive)
}

/// Policies that are declared but were never created count as equally old.
fn oldest<'a>(policies: impl Iterator<Item = &'a DynamicObject>) -> Option<&'a DynamicObject> {
    policies.min_by_key(|policy| policy.metadata.creation_timestamp.as_ref().map(|created| created.0))
}

fn is_peer_authentication(policy: &DynamicObject) -> bool {
    policy.types.as_ref().is_some_and(|types| types.kind == "PeerAuthentication")
}

fn mode(mtls: &Value) -> Result<Option<Mode>, String> {
    match &mtls["mode"] {
        Value::Null => Ok(None),
        Value::String(word) => match word.as_str() {
            "UNSET" => Ok(None),
            "DISABLE" => Ok(Some(Mode::Disable)),
            "PERMISSIVE" => Ok(Some(Mode::Permissive)),
            "STRICT" => Ok(Some(Mode::Strict)),
            other => Err(format!("mode {other} is unknown")),
        },
        other => Err(format!("mode {other} is not a string")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn peer(namespace: &str, spec: &Value) -> DynamicObject {
        serde_json::from_value(json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "p", "namespace": namespace}, "spec": spec,
        }))
        .unwrap()
    }

    #[test]
    fn the_narrowest_policy_that_says_something_decides() {
        use Mode::{Disable, Permissive, Strict};
        let mesh = |mode| peer("istio-system", &json!({"mtls": {"mode": mode}}));
        let space = |mode| peer("n", &json!({"mtls": {"mode": mode}}));
        let pod = |mode| peer("n", &json!({"selector": {"matchLabels": {"app": "api"}}, "mtls": {"mode": mode}}));
        let port = |mode| {
            let ports = json!({"9090": {"mode": mode}});
            peer("n", &json!({"selector": {"matchLabels": {"app": "api"}}, "portLevelMtls": ports}))
        };
        let aged = |mut policy: DynamicObject, day: u8| {
            let created = format!("2026-01-0{day}T00:00:00Z");
            policy.metadata.creation_timestamp = serde_json::from_value(json!(created)).unwrap();
            policy
        };
        let other = peer("n", &json!({"selector": {"matchLabels": {"app": "x"}}, "mtls": {"mode": "DISABLE"}}));
        let table = [
            (vec![], Permissive),
            (vec![mesh("STRICT")], Strict),
            (vec![mesh("STRICT"), space("PERMISSIVE")], Permissive),
            (vec![mesh("STRICT"), space("UNSET")], Strict),
            (vec![mesh("STRICT"), space("STRICT"), pod("PERMISSIVE")], Permissive),
            (vec![space("STRICT"), port("PERMISSIVE")], Permissive),
            (vec![space("STRICT"), port("UNSET")], Strict),
            (vec![space("STRICT"), port("DISABLE")], Disable),
            (vec![space("STRICT"), other.clone()], Strict),
            (vec![space("STRICT"), space("PERMISSIVE")], Strict),
            (vec![aged(space("STRICT"), 2), aged(space("PERMISSIVE"), 1)], Permissive),
            (vec![mesh("UNSET")], Permissive),
            (vec![mesh("STRICT"), peer("n", &json!({"selector": {}, "mtls": {"mode": "DISABLE"}}))], Disable),
            (vec![peer("istio-system", &pod("STRICT").data["spec"])], Permissive),
            (vec![mesh("STRICT"), peer("m", &json!({"mtls": {"mode": "DISABLE"}}))], Strict),
            (vec![space("DISABLE"), pod("UNSET")], Disable),
        ];
        for (number, (policies, expected)) in table.into_iter().enumerate() {
            assert_eq!(effective_mode(9090, "api", "n", &policies).unwrap(), expected, "row {number}");
        }
        let elsewhere = effective_mode(8080, "api", "n", &[space("STRICT"), port("PERMISSIVE")]).unwrap();
        assert_eq!(elsewhere, Strict, "the port's mode is that port's alone");
    }

    #[test]
    fn a_mode_that_is_no_mode_is_an_error() {
        let error = effective_mode(1, "api", "n", &[peer("n", &json!({"mtls": {"mode": "STRIKT"}}))]).unwrap_err();
        assert!(error.to_string().contains("n/p: mode STRIKT is unknown"), "{error}");
    }
}
