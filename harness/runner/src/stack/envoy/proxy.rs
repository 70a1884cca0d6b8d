//! A stand-alone proxy instead of a sidecar: stock Envoy as configured without a mesh, in front of the same
//! application.
//!
//! A CA bundle and a match of names decide about access. Everything behind the handshake equals the sidecar's: the
//! policies, the filters, the application. So every difference in behaviour is caused by the validator.

use std::net::Ipv4Addr;

use mtls_core::scenario::model::ServerPort;
use serde_json::{Value, json};

use super::{
    EnvoyError, Sidecar, Sidecars, TrafficLevel,
    inbound::filters,
    resource::{address, cluster},
    template::PROXY_LISTENER,
};
use crate::stack::workload;

/// The only port that it has.
pub const COLUMN: ServerPort = ServerPort::Http;

/// Its listener and its cluster.
pub(super) fn proxy(
    all: &Sidecars<'_>,
    one: &Sidecar,
    proxy: Ipv4Addr,
    application: Ipv4Addr,
) -> Result<(Value, Value), EnvoyError> {
    let port = workload::port(COLUMN) + all.shift;
    let name = format!("{}.{}|proxy|{port}||", one.namespace, one.account);
    let listener = PROXY_LISTENER.fill(&[
        ("name", json!(name)),
        ("address", address(proxy, port)),
        ("certificates", json!(one.certificates)),
        ("trust-domain", json!(all.trust_domain)),
        ("filters", json!(filters(all, one, port, TrafficLevel::Requests, &name)?)),
    ])?;
    Ok((listener, cluster(&name, address(application, port), None, None)?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::stack::envoy::{Role, Validator, inbound_listener};
    use mtls_kubernetes::documents;

    /// The purpose of this target: every difference from a sidecar is one of validators.
    #[test]
    fn everything_behind_the_handshake_is_the_sidecars() {
        let policies = [
            include_str!("../../../../../fixtures/infra/mtls/istio/authorization-policy.yaml"),
            include_str!("../../../../../fixtures/infra/mtls/istio/peer-authentication.yaml"),
        ];
        let policies: Vec<_> = policies.iter().flat_map(|text| documents(text).unwrap()).collect();
        let (beside, application) = (Ipv4Addr::new(127, 9, 0, 6), Ipv4Addr::new(127, 9, 0, 2));
        let sidecar = Sidecar {
            account: "proxy-api".to_owned(),
            namespace: "x0tta6bl4-production".to_owned(),
            certificates: "certificates".into(),
            validator: Validator::Spiffe,
            role: Role::Server { sidecar: Ipv4Addr::new(127, 9, 0, 1), application },
        };
        let all = Sidecars {
            sidecars: Vec::new(),
            policies: &policies,
            trust_domain: "x0tta6bl4.mesh",
            admin: (application, 1).into(),
            folder: Path::new("folder"),
            shift: 0,
        };
        let (listener, behind) = proxy(&all, &sidecar, beside, application).unwrap();
        let inbound = inbound_listener(&all, &sidecar).unwrap();
        let chains = inbound["filter_chains"].as_array().unwrap();
        let http = chains.iter().find(|chain| chain["filter_chain_match"]["destination_port"] == 8080).unwrap();
        let cluster = behind["name"].as_str().unwrap();
        let theirs = http["filters"].to_string().replace("x0tta6bl4-production.proxy-api|inbound|8080||", cluster);
        assert_eq!(listener["filter_chains"][0]["filters"].to_string(), theirs);
        assert!(theirs.contains("envoy.filters.http.rbac"), "no policy was rendered");
        let tls = &listener["filter_chains"][0]["transport_socket"]["typed_config"];
        assert_eq!(tls["require_client_certificate"], true);
        assert_eq!(tls["common_tls_context"]["validation_context"].get("custom_validator_config"), None);
    }
}
