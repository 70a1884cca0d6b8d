//! Shared parts of listeners and clusters: addresses, clusters, and the paths of secrets and logs.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{ACCESS_LOG as LOG_FILE, EnvoyError, Sidecar, Sidecars, template::CLUSTER};

impl Sidecars<'_> {
    pub(super) fn access_log(&self) -> PathBuf {
        self.folder.join(LOG_FILE)
    }
}

pub(super) fn address(address: Ipv4Addr, port: u16) -> Value {
    socket(&address.to_string(), port)
}

pub(super) fn host(account: &str, namespace: &str) -> String {
    format!("{account}.{namespace}.svc.cluster.local")
}

/// The folder with the two secrets of a sidecar.
pub(super) fn sds_folder(folder: &Path, one: &Sidecar) -> PathBuf {
    folder.join("sds").join(format!("{}.{}", one.namespace, one.account))
}

pub(super) fn cluster(
    name: &str,
    endpoint: Value,
    tls: Option<Value>,
    source: Option<Ipv4Addr>,
) -> Result<Value, EnvoyError> {
    let mut cluster = CLUSTER.fill(&[("cluster", json!(name)), ("endpoint", endpoint)])?;
    if let Some(tls) = tls {
        cluster["transport_socket"] = tls;
    }
    if let Some(source) = source {
        cluster["upstream_bind_config"] = json!({"source_address": {"address": source, "port_value": 0}});
    }
    Ok(cluster)
}

pub(super) fn socket(address: &str, port: u16) -> Value {
    json!({"socket_address": {"address": address, "port_value": port}})
}
