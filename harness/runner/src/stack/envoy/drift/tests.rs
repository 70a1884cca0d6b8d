//! Compares three recordings of istiod 1.31 with the renderer, and checks that changes are detected. No cluster, no
//! key.

use std::{net::Ipv4Addr, path::Path};

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::documents;

use super::*;
use crate::stack::envoy::{EnvoyError, Role, Sidecar, Sidecars, Validator, inbound_listener};

fn recorded(text: &str) -> Value {
    json!({"configs": [{"dynamic_listeners": [{"active_state": {"listener": serde_json::from_str::<Value>(text).unwrap()}}]}]})
}

fn production() -> Value {
    recorded(include_str!("../../../../../../fixtures/envoy/recorded/production.json"))
}

/// The rendered listener for the workload `proxy-api` of a namespace.
fn ours(namespace: &str, policies: &[DynamicObject]) -> Result<Value, EnvoyError> {
    let address = Ipv4Addr::LOCALHOST;
    let sidecar = Sidecar {
        account: "proxy-api".to_owned(),
        namespace: namespace.to_owned(),
        certificates: "certificates".into(),
        validator: Validator::Spiffe,
        role: Role::Server { sidecar: address, application: address },
    };
    let all = Sidecars {
        sidecars: Vec::new(),
        policies,
        trust_domain: "x0tta6bl4.mesh",
        admin: (address, 1).into(),
        folder: Path::new("folder"),
        shift: 0,
    };
    inbound_listener(&all, &sidecar)
}

fn parsed(texts: &[&str]) -> Vec<DynamicObject> {
    texts.iter().flat_map(|text| documents(text).unwrap()).collect()
}

/// The policies of this repository.
fn shipped() -> Vec<DynamicObject> {
    parsed(&[
        include_str!("../../../../../../fixtures/infra/mtls/istio/authorization-policy.yaml"),
        include_str!("../../../../../../fixtures/infra/mtls/istio/peer-authentication.yaml"),
    ])
}

const PRODUCTION: &str = "x0tta6bl4-production";

#[test]
fn strict_is_as_istiod_pushed_it() {
    assert_eq!(drift(&production(), &ours(PRODUCTION, &shipped()).unwrap()), []);
}

#[test]
fn permissive_is_as_istiod_pushed_it() {
    let dump = recorded(include_str!("../../../../../../fixtures/envoy/recorded/staging.json"));
    assert_eq!(drift(&dump, &ours("x0tta6bl4-staging", &shipped()).unwrap()), []);
}

#[test]
fn disable_and_every_shape_of_policy_are_as_istiod_pushed_them() {
    let dump = recorded(include_str!("../../../../../../fixtures/envoy/recorded/disable.json"));
    let policies = parsed(&[include_str!("../../../../../../fixtures/envoy/recorded/disable-policies.yaml")]);
    assert_eq!(drift(&dump, &ours("envoy-scratch", &policies).unwrap()), []);
}

#[test]
fn a_moved_field_an_extra_chain_and_a_missing_port_are_found() {
    let ours = ours(PRODUCTION, &shipped()).unwrap();
    let found = |change: &dyn Fn(&mut Value)| {
        let mut dump = production();
        change(&mut dump["configs"][0]["dynamic_listeners"][0]["active_state"]["listener"]);
        drift(&dump, &ours).into_iter().map(|one| (one.port, one.at)).collect::<Vec<_>>()
    };
    let chain = |listener: &Value, port: u64| {
        let chains = listener["filter_chains"].as_array().unwrap();
        chains.iter().position(|chain| chain["filter_chain_match"]["destination_port"] == port).unwrap()
    };
    let moved = found(&|listener| {
        let at = chain(listener, 8443);
        listener["filter_chains"][at]["transport_socket"]["typed_config"]["require_client_certificate"] = json!(false);
    });
    let path = r#"chains.{"transport_protocol":"tls"}.transport_socket.typed_config.require_client_certificate"#;
    assert_eq!(moved, [(8443, path.to_owned())]);
    let extra = found(&|listener| {
        let chains = listener["filter_chains"].as_array_mut().unwrap();
        chains.push(json!({"filter_chain_match": {"destination_port": 8080, "transport_protocol": "raw_buffer"}, "filters": []}));
    });
    assert_eq!(extra, [(8080, r#"chains.{"transport_protocol":"raw_buffer"}"#.to_owned())]);
    let missing = found(&|listener| {
        let chains = listener["filter_chains"].as_array_mut().unwrap();
        chains.retain(|chain| chain["filter_chain_match"]["destination_port"] != 9000);
    });
    assert_eq!(missing, [(9000, String::new())]);
    let timeout = found(&|listener| listener["listener_filters_timeout"] = json!("5s"));
    assert_eq!(timeout.len(), 4);
    assert_eq!(drift(&json!({"configs": []}), &ours).len(), 1);
}

#[test]
fn a_wrong_mode_or_a_lost_policy_is_drift() {
    let without = |kind: &str, name: &str| {
        let is = |one: &DynamicObject| {
            one.types.as_ref().unwrap().kind == kind && one.metadata.name.as_deref() == Some(name)
        };
        let policies: Vec<_> = shipped().into_iter().filter(|one| !is(one)).collect();
        drift(&production(), &ours(PRODUCTION, &policies).unwrap())
    };
    let mode = without("PeerAuthentication", "proxy-api-metrics");
    assert!(!mode.is_empty() && mode.iter().all(|one| one.port == 9090), "{mode:?}");
    assert!(!without("AuthorizationPolicy", "default-deny").is_empty());
}
