//! Rows of policies, callers and answers.

use serde_json::{Value, json};

use super::*;
use crate::object::Object;

fn policy(namespace: &str, name: &str, spec: &Value) -> AuthorizationPolicy {
    let value = json!({
        "kind": "AuthorizationPolicy", "metadata": {"namespace": namespace, "name": name}, "spec": spec,
    });
    AuthorizationPolicy::read(Object::read(&value).unwrap()).unwrap()
}

fn pod() -> Pod {
    let metadata = json!({"name": "api-0", "namespace": "retail", "labels": {"app": "api"}});
    Pod::read(&json!({"kind": "Pod", "metadata": metadata, "spec": {"containers": []}})).unwrap()
}

fn mesh() -> Mesh {
    Mesh { trust_domain: "mesh.test".to_owned(), aliases: vec!["old.test".to_owned()], ..Mesh::default() }
}

fn client() -> Caller {
    Caller { principals: vec!["mesh.test/ns/retail/sa/client".to_owned()] }
}

fn get(path: &str) -> Request {
    Request { port: 8080, traffic: Traffic::Request { method: "GET".to_owned(), path: path.to_owned() } }
}

fn connection() -> Request {
    Request { port: 9000, traffic: Traffic::Connection }
}

fn answer(caller: &Caller, request: &Request, policies: &[AuthorizationPolicy]) -> String {
    match access(&pod(), caller, request, policies, &mesh()) {
        Ok(decision) => {
            let by = decision.decided_by.map_or("nobody".to_owned(), |name| name.name);
            format!("{} by {by}", if decision.access == Access::Allowed { "allowed" } else { "denied" })
        }
        Err(unknown) => {
            format!("unknown: {}", unknown.iter().map(|one| one.field.as_str()).collect::<Vec<_>>().join(", "))
        }
    }
}

fn one(spec: &Value) -> [AuthorizationPolicy; 1] {
    [policy("retail", "p", spec)]
}

#[test]
fn callers_by_what_identifies_them() {
    let plain = Caller::default();
    let from = |source: &Value| json!({"rules": [{"from": [{"source": source}]}]});
    for (source, identified, plaintext) in [
        (json!({"principals": ["mesh.test/ns/retail/sa/client"]}), true, false),
        (json!({"principals": ["cluster.local/ns/retail/sa/client"]}), true, false),
        (json!({"principals": ["old.test/ns/retail/sa/client"]}), true, false),
        (json!({"principals": ["other.test/ns/retail/sa/client"]}), false, false),
        (json!({"principals": ["spiffe://mesh.test/ns/retail/sa/client"]}), false, false),
        (json!({"principals": ["*/ns/retail/sa/client"]}), true, false),
        (json!({"principals": ["*"]}), true, false),
        (json!({"principals": ["mesh.test/*"]}), true, false),
        (json!({"notPrincipals": ["mesh.test/ns/retail/sa/client"]}), false, true),
        (json!({"notPrincipals": ["mesh.test/ns/retail/sa/other"]}), true, true),
        (json!({"namespaces": ["retail"]}), true, false),
        (json!({"namespaces": ["re*"]}), true, false),
        (json!({"namespaces": ["bank"]}), false, false),
        (json!({"notNamespaces": ["bank"]}), true, true),
        (json!({"serviceAccounts": ["client"]}), true, false),
        (json!({"serviceAccounts": ["bank/client"]}), false, false),
        (json!({"trustDomains": ["old.test"]}), true, false),
        (json!({"trustDomains": ["other.test"]}), false, false),
        (json!({}), true, true),
    ] {
        let policies = one(&from(&source));
        let word = |is_in: bool| if is_in { "allowed by p" } else { "denied by nobody" };
        assert_eq!(answer(&client(), &get("/"), &policies), word(identified), "{source}");
        assert_eq!(answer(&plain, &get("/"), &policies), word(plaintext), "{source} in plaintext");
    }
}

#[test]
fn what_is_wanted() {
    for (operation, expected) in [
        (json!({"ports": ["8080"]}), "allowed by p"),
        (json!({"ports": ["8443"]}), "denied by nobody"),
        (json!({"notPorts": ["8443"]}), "allowed by p"),
        (json!({"methods": ["GET"], "paths": ["/metrics"]}), "allowed by p"),
        (json!({"methods": ["POST"]}), "denied by nobody"),
        (json!({"paths": ["/met*"]}), "allowed by p"),
        (json!({"paths": ["*rics"]}), "allowed by p"),
        (json!({"notPaths": ["/metrics"]}), "denied by nobody"),
        (json!({"paths": ["/{*}"]}), "unknown: spec.rules[0].to[0].operation.paths"),
        (json!({"hosts": ["api"]}), "unknown: spec.rules[0].to[0].operation.hosts"),
    ] {
        let policies = one(&json!({"rules": [{"to": [{"operation": operation}]}]}));
        assert_eq!(answer(&client(), &get("/metrics?x=1"), &policies), expected, "{operation}");
    }
}

#[test]
fn actions_and_their_order() {
    let all = json!([{}]);
    let allow = policy("retail", "allow", &json!({"rules": all}));
    let nothing = policy("retail", "default-deny", &json!({}));
    let deny = policy("retail", "deny", &json!({"action": "DENY", "rules": all}));
    let empty_deny = policy("retail", "empty-deny", &json!({"action": "DENY"}));
    let audit = policy("retail", "audit", &json!({"action": "AUDIT", "rules": all}));
    let custom = policy("retail", "custom", &json!({"action": "CUSTOM", "provider": {"name": "x"}, "rules": all}));
    let elsewhere = policy("bank", "deny", &json!({"action": "DENY", "rules": all}));
    let root = policy(
        "istio-system",
        "root",
        &json!({"action": "DENY", "rules": all, "selector": {"matchLabels": {"app": "api"}}}),
    );
    let other = policy(
        "retail",
        "other",
        &json!({"action": "DENY", "rules": all, "selector": {"matchLabels": {"app": "web"}}}),
    );
    let gateway = policy(
        "retail",
        "gateway",
        &json!({"action": "DENY", "rules": all, "targetRefs": [{"kind": "Gateway", "name": "g"}]}),
    );
    for (policies, expected) in [
        (vec![], "allowed by nobody"),
        (vec![&allow], "allowed by allow"),
        (vec![&nothing], "denied by nobody"),
        (vec![&nothing, &allow], "allowed by allow"),
        (vec![&allow, &deny], "denied by deny"),
        (vec![&empty_deny], "allowed by nobody"),
        (vec![&audit], "allowed by nobody"),
        (vec![&audit, &nothing], "denied by nobody"),
        (vec![&custom], "unknown: spec.provider"),
        (vec![&custom, &allow], "unknown: spec.provider"),
        (vec![&custom, &deny], "denied by deny"),
        (vec![&custom, &nothing], "denied by nobody"),
        (vec![&elsewhere], "allowed by nobody"),
        (vec![&root, &allow], "denied by root"),
        (vec![&other, &gateway, &allow], "allowed by allow"),
    ] {
        let policies: Vec<AuthorizationPolicy> = policies.into_iter().cloned().collect();
        let names: Vec<&str> = policies.iter().map(|policy| policy.name().name.as_str()).collect();
        assert_eq!(answer(&client(), &get("/"), &policies), expected, "{names:?}");
    }
}

#[test]
fn a_dry_run_decides_nothing() {
    let value = json!({
        "kind": "AuthorizationPolicy",
        "metadata": {"namespace": "retail", "name": "dry", "annotations": {"istio.io/dry-run": "true"}},
        "spec": {"action": "DENY", "rules": [{}]},
    });
    let dry = AuthorizationPolicy::read(Object::read(&value).unwrap()).unwrap();
    assert_eq!(answer(&client(), &get("/"), &[dry]), "allowed by nobody");
}

#[test]
fn connections_show_nothing_of_requests() {
    let to = |operation: &Value, action: &str| json!({"action": action, "rules": [{"to": [{"operation": operation}]}]});
    let post = json!({"methods": ["POST"]});
    assert_eq!(answer(&client(), &connection(), &one(&to(&post, "ALLOW"))), "denied by nobody", "the rule is lost");
    assert_eq!(answer(&client(), &connection(), &one(&to(&post, "DENY"))), "denied by p", "the field is lost");
    let elsewhere = json!({"methods": ["POST"], "ports": ["1"]});
    assert_eq!(answer(&client(), &connection(), &one(&to(&elsewhere, "DENY"))), "allowed by nobody");
}

#[test]
fn conditions_are_known_or_named() {
    let when = |key: &str, values: &Value| json!({"rules": [{"when": [{"key": key, "values": values}]}]});
    for (key, values, expected) in [
        ("source.principal", json!(["mesh.test/ns/retail/sa/client"]), "allowed by p"),
        ("source.principal", json!(["mesh.test/ns/retail/sa/other"]), "denied by nobody"),
        ("source.namespace", json!(["retail"]), "allowed by p"),
        ("destination.port", json!(["8080"]), "allowed by p"),
        ("source.ip", json!(["10.0.0.0/8"]), "unknown: spec.rules[0].when[0]"),
        ("request.headers[x]", json!(["y"]), "unknown: spec.rules[0].when[0]"),
        ("request.auth.claims[sub]", json!(["y"]), "unknown: spec.rules[0].when[0]"),
        ("source.labels[x]", json!(["y"]), "unknown: spec.rules[0].when[0].key"),
    ] {
        assert_eq!(answer(&client(), &get("/"), &one(&when(key, &values))), expected, "{key}");
    }
}

#[test]
fn what_is_unknown_matters_only_where_it_could_decide() {
    let address = json!({"rules": [{"from": [{"source": {"ipBlocks": ["10.0.0.0/8"]}}]}]});
    let far = json!({"rules": [{"from": [{"source": {"ipBlocks": ["10.0.0.0/8"], "namespaces": ["bank"]}}]}]});
    let allow = policy("retail", "allow", &json!({"rules": [{}]}));
    let maybe = policy("retail", "maybe", &address);
    assert_eq!(
        answer(&client(), &get("/"), std::slice::from_ref(&maybe)),
        "unknown: spec.rules[0].from[0].source.ipBlocks"
    );
    assert_eq!(answer(&client(), &get("/"), &[maybe, allow.clone()]), "allowed by allow");
    assert_eq!(answer(&client(), &get("/"), &[policy("retail", "far", &far)]), "denied by nobody");
    let mut deny = address;
    deny["action"] = json!("DENY");
    assert_eq!(
        answer(&client(), &get("/"), &[policy("retail", "deny", &deny), allow]),
        "unknown: spec.rules[0].from[0].source.ipBlocks"
    );
}

#[test]
fn a_policy_that_cannot_be_read_is_no_policy() {
    for (spec, field) in [
        (json!({"action": "MAYBE"}), "spec.action"),
        (json!({"selector": {"matchExpressions": []}}), "spec.selector.matchExpressions"),
        (json!({"rules": {}}), "spec.rules"),
        (json!({"extra": 1}), "spec.extra"),
    ] {
        let value = json!({"kind": "AuthorizationPolicy", "metadata": {"namespace": "n", "name": "p"}, "spec": spec});
        let unknown = AuthorizationPolicy::read(Object::read(&value).unwrap()).unwrap_err();
        assert_eq!(unknown[0].field, field, "{spec}");
    }
}
