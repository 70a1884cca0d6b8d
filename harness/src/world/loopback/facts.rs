//! What a loopback world offers, and what it must admit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Loopback, residents::Residents};
use crate::{stack, world::host_features};

/// What scenarios may need and this world has, on this machine.
pub fn features() -> BTreeSet<String> {
    let mut features = host_features();
    features.insert("mesh".to_owned());
    features
}

pub(super) fn detail(residents: &Residents) -> String {
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} and {} of the mesh on loopback addresses, made for this run; {}",
        count(residents.servers.len(), "workload"),
        count(residents.callers.len(), "client"),
        stack::LOOPBACK_IN_SHORT,
    )
}

impl Loopback {
    /// For the report.
    pub(in crate::world) async fn environment(&self) -> BTreeMap<String, Value> {
        let programs = [(stack::envoy::COMPONENT, stack::envoy::version(&self.programs.envoy).await)];
        BTreeMap::from([
            ("programs".to_owned(), json!(BTreeMap::from(programs))),
            ("honesty".to_owned(), json!(stack::LOOPBACK_LIMITS)),
        ])
    }
}
