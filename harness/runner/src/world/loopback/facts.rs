//! The features and the limitations of a loopback world.

use std::collections::{BTreeMap, BTreeSet};

use mtls_core::support;
use serde_json::{Value, json};

use super::{Loopback, placements::Placements};
use crate::{
    stack::{self, Known},
    world::{LOCAL_CLIENT, host_features},
};

/// The features that a loopback world has on this host.
pub fn features() -> BTreeSet<String> {
    let mut features = host_features();
    features.extend(["mesh", LOCAL_CLIENT, "ca-proxy", "leaf-files"].map(str::to_owned));
    features
}

pub(super) fn detail(placements: &Placements) -> String {
    if placements.is_empty() {
        return format!("the reference client with ephemeral servers and agents; {}", stack::LOOPBACK_IN_SHORT);
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} and {} of the mesh on loopback addresses, started for this run; {}",
        count(placements.servers.len(), "workload"),
        count(placements.callers.len(), "client"),
        stack::LOOPBACK_IN_SHORT,
    )
}

impl Loopback {
    /// The facts of the environment, for the report.
    pub(super) async fn facts(&self, known: &Known) -> BTreeMap<String, Value> {
        let mut programs = BTreeMap::new();
        let mut examined = Vec::new();
        if let Some(envoy) = self.programs.envoy.as_ref().filter(|_| !self.placements.is_empty()) {
            let version = stack::envoy::version(envoy).await;
            examined = known.program(stack::envoy::COMPONENT, stack::envoy::release(&version));
            programs.insert(stack::envoy::COMPONENT, version);
        }
        BTreeMap::from([
            ("programs".to_owned(), json!(programs)),
            ("honesty".to_owned(), json!(stack::LOOPBACK_LIMITS)),
            (support::TOPIC.to_owned(), json!(examined)),
        ])
    }
}
