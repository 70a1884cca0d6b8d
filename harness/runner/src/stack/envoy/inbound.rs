//! The inbound side of a sidecar: one listener with the chains that istiod gives each port under its mode.

use std::net::Ipv4Addr;

use mtls_core::scenario::model::ServerPort;
use serde_json::{Value, json};

use super::{
    Action, EnvoyError, Mode, Policies, Role, Sidecar, Sidecars, TrafficLevel, effective_mode,
    resource::{address, cluster, host, sds_folder},
    template::{ACCESS_LOG, DOWNSTREAM_TLS, INBOUND_HTTP, INBOUND_LISTENER, INBOUND_TCP, TLS_INSPECTOR},
};
use crate::stack::workload;

/// ALPN names of the mesh (istio `pilot/pkg/networking/util/util.go`), which distinguish mesh mTLS from other TLS.
const MESH_ALPN: [&str; 5] = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];
const COLUMNS: [ServerPort; 4] = [ServerPort::Http, ServerPort::AppMtls, ServerPort::Tcp, ServerPort::Metrics];

/// The inbound listener of a server's sidecar; an empty object for all other roles.
///
/// # Errors
///
/// When a policy uses a feature that only istiod understands.
pub fn inbound_listener(all: &Sidecars<'_>, one: &Sidecar) -> Result<Value, EnvoyError> {
    match one.role {
        Role::Server { sidecar, application } => server(all, one, sidecar, application).map(|(listener, _)| listener),
        Role::Caller { .. } | Role::Proxy { .. } => Ok(json!({})),
    }
}

/// The inbound listener of a server's sidecar, and its clusters.
pub(super) fn server(
    all: &Sidecars<'_>,
    one: &Sidecar,
    sidecar: Ipv4Addr,
    application: Ipv4Addr,
) -> Result<(Value, Vec<Value>), EnvoyError> {
    let (mut chains, mut clusters, mut addresses, mut plain) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in COLUMNS {
        let port = workload::port(column) + all.shift;
        addresses.push(address(sidecar, port));
        let name = format!("{}.{}|inbound|{port}||", one.namespace, one.account);
        clusters.push(cluster(&name, address(application, port), None, None)?);
        let mode = effective_mode(workload::port(column), &one.account, &one.namespace, all.policies)?;
        if mode == Mode::Disable {
            plain.push(port);
        }
        chains.extend(chains_of(all, one, column, mode, &name)?);
    }
    let first = addresses.remove(0);
    let more: Vec<Value> = addresses.into_iter().map(|address| json!({"address": address})).collect();
    let listener = INBOUND_LISTENER.fill(&[
        ("name", json!(format!("{}.{}|inbound", one.namespace, one.account))),
        ("address", first),
        ("additional-addresses", json!(more)),
        ("inspector", inspector(&plain)?),
        ("filter-chains", json!(chains)),
        ("access-log", json!(all.access_log())),
    ])?;
    Ok((listener, clusters))
}

/// The filter that detects TLS, disabled on plaintext ports; nothing if all ports are plaintext.
fn inspector(plain: &[u16]) -> Result<Value, EnvoyError> {
    let rules: Vec<Value> =
        plain.iter().map(|port| json!({"destination_port_range": {"start": port, "end": port + 1}})).collect();
    let disabled = match rules.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ if rules.len() == COLUMNS.len() => return Ok(Value::Null),
        _ => Some(json!({"or_match": {"rules": rules}})),
    };
    let mut inspector = TLS_INSPECTOR.fill(&[])?;
    if let Some(disabled) = disabled {
        inspector["filter_disabled"] = disabled;
    }
    Ok(inspector)
}

/// The chains of a port (istio `pilot/pkg/networking/core/filterchain_options.go`).
fn chains_of(
    all: &Sidecars<'_>,
    one: &Sidecar,
    column: ServerPort,
    mode: Mode,
    cluster: &str,
) -> Result<Vec<Value>, EnvoyError> {
    let port = workload::port(column) + all.shift;
    let level = match column {
        ServerPort::Http | ServerPort::Metrics => TrafficLevel::Requests,
        ServerPort::AppMtls | ServerPort::Tcp => TrafficLevel::Connections,
    };
    let filters = filters(all, one, port, level, cluster)?;
    let tls = DOWNSTREAM_TLS
        .fill(&[("sds", json!(sds_folder(all.folder, one))), ("trust-domain", json!(all.trust_domain))])?;
    let chain = |transport: &str, alpn: Option<&[&str]>, tls: Option<&Value>| {
        let mut matched = json!({"destination_port": port, "transport_protocol": transport});
        if let Some(alpn) = alpn {
            matched["application_protocols"] = json!(alpn);
        }
        let mut chain = json!({"name": format!("0.0.0.0_{port}"), "filter_chain_match": matched, "filters": filters});
        if let Some(tls) = tls {
            chain["transport_socket"] = tls.clone();
        }
        chain
    };
    Ok(match mode {
        Mode::Strict => vec![chain("tls", None, Some(&tls))],
        Mode::Permissive => {
            let mesh = chain("tls", Some(&MESH_ALPN), Some(&tls));
            // Non-mesh TLS is passed through to the application, unless the application is known to speak HTTP.
            let foreign = (level == TrafficLevel::Connections).then(|| chain("tls", None, None));
            [Some(mesh), foreign, Some(chain("raw_buffer", None, None))].into_iter().flatten().collect()
        }
        // No TLS inspection on such a port: TLS is forwarded like any other bytes.
        Mode::Disable => vec![chain("raw_buffer", None, None)],
    })
}

/// The filters of a port after a connection is accepted: policies first.
pub(super) fn filters(
    all: &Sidecars<'_>,
    one: &Sidecar,
    port: u16,
    level: TrafficLevel,
    cluster: &str,
) -> Result<Vec<Value>, EnvoyError> {
    let policies =
        Policies { all: all.policies, account: &one.account, namespace: &one.namespace, shift: all.shift, level };
    let log = ACCESS_LOG.fill(&[("access-log", json!(all.access_log()))])?;
    let mut rbac = Vec::new();
    // Denials come first, as in istiod.
    for action in [Action::Deny, Action::Allow] {
        if let Some(rules) = policies.rules(action)? {
            rbac.push(filter(level, &rules));
        }
    }
    if level == TrafficLevel::Connections {
        let proxy = INBOUND_TCP.fill(&[
            ("port", json!(port.to_string())),
            ("cluster", json!(cluster)),
            ("access-log-entry", log),
        ])?;
        rbac.push(proxy);
        return Ok(rbac);
    }
    let mut manager = INBOUND_HTTP.fill(&[
        ("port", json!(port.to_string())),
        ("cluster", json!(cluster)),
        ("host", json!(host(&one.account, &one.namespace))),
        ("access-log-entry", log),
        ("rbac", Value::Null),
    ])?;
    if let Some(filters) = manager["typed_config"]["http_filters"].as_array_mut() {
        filters.splice(0..0, rbac);
    }
    Ok(vec![manager])
}

fn filter(level: TrafficLevel, rules: &Value) -> Value {
    let prefix = "istio_dry_run_allow_";
    match level {
        TrafficLevel::Requests => json!({"name": "envoy.filters.http.rbac", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": rules, "shadow_rules_stat_prefix": prefix,
        }}),
        TrafficLevel::Connections => json!({"name": "envoy.filters.network.rbac", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC",
            "rules": rules, "shadow_rules_stat_prefix": prefix, "stat_prefix": "tcp.",
        }}),
    }
}
