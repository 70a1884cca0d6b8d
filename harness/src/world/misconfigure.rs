//! A reference workload made wrong on purpose while the world lives, and sound again.
//!
//! Its sidecar is not touched: that is a matter of policies and of what istiod pushes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Backend, Cluster, World, members::MemberError};
use crate::{
    kubernetes::{KubeError, readiness},
    scenario::model::CastMember,
    stack::workload::{self, Variable},
    wait::Check,
};

/// A new pod with its sidecar.
const ROLLOUT_LIMIT: Duration = Duration::from_secs(90);

impl World {
    /// Starts a workload anew with these of its weaknesses and no others, and returns when it is Ready.
    ///
    /// # Errors
    ///
    /// When there is no such workload, or it is not Ready again in time.
    pub async fn set_workload_faults(&self, member: &CastMember, variables: &[Variable]) -> Result<(), MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => Ok(cluster.set_workload_faults(member, variables).await?),
            Backend::Loopback(loopback) => Ok(loopback.set_workload_faults(member, variables).await?),
        }
    }
}

impl Cluster {
    async fn set_workload_faults(&self, member: &CastMember, variables: &[Variable]) -> Result<(), KubeError> {
        let reference = workload::deployment(member);
        let before = self.kube.get(&reference).await?.ok_or_else(|| KubeError::Missing(reference.clone()))?;
        let containers = weakened(&before.data["spec"]["template"]["spec"]["containers"], variables);
        self.kube.merge(&reference, &json!({"spec": {"template": {"spec": {"containers": containers}}}})).await?;
        let is_ready = |object: Option<&kube::api::DynamicObject>| match object {
            Some(object) => readiness(object),
            None => Check::Permanent("it is gone".to_owned()),
        };
        self.kube.wait_object(&reference, "rolled out", ROLLOUT_LIMIT, is_ready).await
    }
}

/// The containers, the first of them with these variables of the workload.
fn weakened(containers: &Value, variables: &[Variable]) -> Value {
    let mut containers = containers.clone();
    let Some(first) = containers.get_mut(0) else { return containers };
    let mut kept: Vec<Value> = first["env"].as_array().cloned().unwrap_or_default();
    kept.retain(|variable| !workload::FAULT_VARIABLES.iter().any(|name| variable["name"] == *name));
    kept.extend(variables.iter().map(|(name, value)| json!({"name": name, "value": value})));
    first["env"] = kept.into();
    containers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_weakened_and_made_sound_again() {
        let sound = json!([{"name": "proxy-api", "env": [{"name": "A", "value": "1"}]}, {"name": "other"}]);
        let loose = [(workload::VERIFY_VARIABLE, "accept-anything")];
        let weak = weakened(&sound, &loose);
        assert_eq!(weak[0]["env"][1], json!({"name": "VERIFY", "value": "accept-anything"}));
        assert_eq!(weakened(&weak, &loose), weak);
        let other = weakened(&weak, &[(workload::RELOAD_VARIABLE, "never")]);
        assert_eq!(other[0]["env"][1], json!({"name": "RELOAD", "value": "never"}));
        assert_eq!(weakened(&other, &[]), sound);
    }
}
