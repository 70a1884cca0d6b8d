//! Stock Envoy with what a sidecar's listener checks: for measuring.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::corpus::{Bench, CLIENT, workload};

/// Running; ends when dropped.
pub(crate) struct Envoy {
    pub(crate) sidecar: u16,
    pub(crate) plain: u16,
    _files: tempfile::TempDir,
    _child: Child,
}

impl Envoy {
    /// In front of the workload's plain port: one listener that believes the Workload API's way, one with a CA bundle.
    pub(crate) async fn start(program: &Path, bench: &Bench, upstream: u16) -> Self {
        let files = workload::server_files(bench);
        let (sidecar, plain) = (free_port(), free_port());
        let path = |name: &str| files.path().join(name).display().to_string();
        let ca = json!({"filename": path("ca.crt")});
        let names = json!([{"san_type": "URI", "matcher": {"prefix": "spiffe://x0tta6bl4.mesh/"}}]);
        let spiffe = json!({
            "match_typed_subject_alt_names": names,
            "custom_validator_config": {"name": "envoy.tls.cert_validator.spiffe", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig",
                "trust_domains": [{"name": "x0tta6bl4.mesh", "trust_bundle": ca}],
            }},
        });
        let bundle = json!({"match_typed_subject_alt_names": names, "trusted_ca": ca});
        let certificate =
            json!({"certificate_chain": {"filename": path("tls.crt")}, "private_key": {"filename": path("tls.key")}});
        let config = json!({"static_resources": {
            "listeners": [listener("sidecar", sidecar, &certificate, &spiffe), listener("plain", plain, &certificate, &bundle)],
            "clusters": [{"name": "app", "type": "STATIC", "connect_timeout": "1s", "load_assignment": {"cluster_name": "app", "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": address(upstream)}}]}]}}],
        }});
        std::fs::write(path("envoy.json"), config.to_string()).unwrap();
        let child = Command::new(program)
            .args(["-c", &path("envoy.json"), "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"])
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        for port in [sidecar, plain] {
            reachable(port).await;
        }
        Self { sidecar, plain, _files: files, _child: child }
    }
}

fn listener(name: &str, port: u16, certificate: &Value, validation: &Value) -> Value {
    let principal = json!({"authenticated": {"principal_name": {"exact": CLIENT}}});
    json!({"name": name, "address": address(port), "filter_chains": [{
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": true,
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}, "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [certificate], "validation_context": validation,
            },
        }},
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": name, "codec_type": "AUTO",
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}]}]},
            "http_filters": [
                {"name": "envoy.filters.http.rbac", "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                    "rules": {"action": "ALLOW", "policies": {"client": {"permissions": [{"any": true}], "principals": [principal]}}},
                }},
                {"name": "envoy.filters.http.router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
            ],
        }}],
    }]})
}

fn address(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn reachable(port: u16) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let trying = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), trying).await.expect("Envoy listens within 20 s");
}
