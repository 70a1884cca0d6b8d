//! One `internal` network per cluster, without a route out of the host.
//!
//! Only its name is decided here; `mtls_engine` makes and finds networks.

/// The name of the network of a cluster.
pub(super) fn name(cluster: &str) -> String {
    format!("mtls-e2e-{cluster}")
}
