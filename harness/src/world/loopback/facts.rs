//! What a loopback world offers, and what it must admit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Loopback, placements::Placements};
use crate::{
    stack::{self, Known},
    support,
    world::{LOCAL_CLIENT, host_features},
};

/// What scenarios may need and this world has, on this machine.
pub fn features() -> BTreeSet<String> {
    let mut features = host_features();
    features.extend(["mesh", LOCAL_CLIENT, "ca-proxy", "leaf-files"].map(str::to_owned));
    features
}

pub(super) fn detail(placements: &Placements) -> String {
    if placements.is_empty() {
        return format!("the reference client and what is made for it; {}", stack::LOOPBACK_IN_SHORT);
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} and {} of the mesh on loopback addresses, made for this run; {}",
        count(placements.servers.len(), "workload"),
        count(placements.callers.len(), "client"),
        stack::LOOPBACK_IN_SHORT,
    )
}

impl Loopback {
    /// For the report.
    pub(in crate::world) async fn environment(&self, known: &Known) -> BTreeMap<String, Value> {
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
