//! What a loopback world offers, and what it must admit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Loopback, residents::Residents};
use crate::stack::envoy;

/// What no result of this world says anything about.
pub const LIMITS: [&str; 4] = [
    "Loopback proves nothing about istiod, SPIRE, cert-manager or a kubelet: their configuration is reproduced, their code does not run.",
    "It never certifies: a release needs the kind world or a cluster.",
    "Sidecars are one stock Envoy with the filter chains, TLS contexts and policies that istiod pushes; listeners on loopback addresses replace the redirection of ports.",
    "Certificates come from the harness's own Root and Intermediate and are mounted by the harness, with the kubelet's atomic swap.",
];

/// What scenarios may need and this world has.
pub fn features() -> BTreeSet<String> {
    BTreeSet::from(["mesh".to_owned(), "client-rigs".to_owned()])
}

pub(super) fn detail(residents: &Residents) -> String {
    if residents.is_empty() {
        return "the reference client and what is made for it, on loopback addresses; no sidecar, istiod, SPIRE, cert-manager or kubelet, never a certificate".to_owned();
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} and {} of the mesh on loopback addresses, made for this run; no istiod, SPIRE, cert-manager or kubelet, never a certificate",
        count(residents.servers.len(), "workload"),
        count(residents.callers.len(), "client"),
    )
}

impl Loopback {
    /// For the report.
    pub(in crate::world) async fn environment(&self) -> BTreeMap<String, Value> {
        let mut programs = BTreeMap::new();
        if let Some(envoy) = self.programs.envoy.as_ref().filter(|_| !self.residents.is_empty()) {
            programs.insert("envoy", envoy::version(envoy).await);
        }
        BTreeMap::from([("programs".to_owned(), json!(programs)), ("honesty".to_owned(), json!(LIMITS))])
    }
}
