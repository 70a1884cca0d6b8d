//! The outbound side of a caller: one listener per server and port, which opens the mesh's TLS session.

use std::net::Ipv4Addr;

use mtls_core::scenario::model::ServerPort;
use serde_json::{Value, json};

use super::{
    EnvoyError, Mode, Sidecar, Sidecars, UpstreamTarget, effective_mode,
    resource::{address, cluster, host, sds_folder},
    template::{ACCESS_LOG, OUTBOUND_HTTP, OUTBOUND_LISTENER, OUTBOUND_TCP, UPSTREAM_TLS},
};
use crate::stack::workload;

const COLUMNS: [ServerPort; 4] = [ServerPort::Http, ServerPort::AppMtls, ServerPort::Tcp, ServerPort::Metrics];

/// Listeners and clusters of a caller's sidecar.
pub(super) fn caller(
    all: &Sidecars<'_>,
    one: &Sidecar,
    source: Ipv4Addr,
    towards: &[UpstreamTarget],
) -> Result<(Vec<Value>, Vec<Value>), EnvoyError> {
    let (mut listeners, mut clusters) = (Vec::new(), Vec::new());
    for server in towards {
        for column in COLUMNS {
            let port = workload::port(column) + all.shift;
            let host = host(&server.account, &server.namespace);
            let name = format!("{}.{}|outbound|{port}||{host}", one.namespace, one.account);
            let filter = filter(all, column, port, &name, &host)?;
            listeners.push(OUTBOUND_LISTENER.fill(&[
                ("name", json!(name)),
                ("address", address(server.listener, port)),
                ("filter", filter),
            ])?);
            // With auto mTLS, istiod configures plaintext for callers of a plaintext-only port.
            let mode = effective_mode(workload::port(column), &server.account, &server.namespace, all.policies)?;
            let tls = match mode {
                Mode::Disable => None,
                Mode::Permissive | Mode::Strict => Some(tls(all, one, server, port, &host)?),
            };
            clusters.push(cluster(&name, address(server.server, port), tls, Some(source))?);
        }
    }
    Ok((listeners, clusters))
}

fn filter(all: &Sidecars<'_>, column: ServerPort, port: u16, cluster: &str, host: &str) -> Result<Value, EnvoyError> {
    let log = ACCESS_LOG.fill(&[("access-log", json!(all.access_log()))])?;
    match column {
        ServerPort::Http | ServerPort::Metrics => OUTBOUND_HTTP.fill(&[
            ("port", json!(port.to_string())),
            ("cluster", json!(cluster)),
            ("host", json!(host)),
            ("access-log-entry", log),
        ]),
        ServerPort::AppMtls | ServerPort::Tcp => {
            OUTBOUND_TCP.fill(&[("cluster", json!(cluster)), ("access-log-entry", log)])
        }
    }
}

fn tls(all: &Sidecars<'_>, one: &Sidecar, server: &UpstreamTarget, port: u16, host: &str) -> Result<Value, EnvoyError> {
    let spiffe = format!("spiffe://{}/ns/{}/sa/{}", all.trust_domain, server.namespace, server.account);
    UPSTREAM_TLS.fill(&[
        ("sds", json!(sds_folder(all.folder, one))),
        ("server-spiffe", json!(spiffe)),
        ("port", json!(port.to_string())),
        ("host", json!(host)),
    ])
}
