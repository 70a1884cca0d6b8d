//! What a reference workload's own TLS makes of client certificates, changed while the world lives.
//!
//! Its sidecar's judgement is not touched: that is a matter of policies and of what istiod pushes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Cluster, Ground, World, members::MemberError};
use crate::{
    kubernetes::{KubeError, readiness},
    scenario::model::{CastMember, Verify},
    stack::workload,
    wait::Check,
};

/// A new pod with its sidecar.
const ROLLOUT_LIMIT: Duration = Duration::from_secs(90);

impl World {
    /// Has a workload judge its clients like this, and returns when it does.
    ///
    /// # Errors
    ///
    /// When there is no such workload, or it is not Ready again in time.
    pub async fn set_verify(&self, member: &CastMember, verify: Verify) -> Result<(), MemberError> {
        match &self.ground {
            Ground::Cluster(cluster) => Ok(cluster.set_verify(member, verify).await?),
            Ground::Loopback(loopback) => Ok(loopback.set_verify(member, verify).await?),
        }
    }
}

impl Cluster {
    async fn set_verify(&self, member: &CastMember, verify: Verify) -> Result<(), KubeError> {
        let reference = workload::deployment(member);
        let before = self.kube.get(&reference).await?.ok_or_else(|| KubeError::Missing(reference.clone()))?;
        let containers = with_verify(&before.data["spec"]["template"]["spec"]["containers"], verify);
        self.kube.merge(&reference, &json!({"spec": {"template": {"spec": {"containers": containers}}}})).await?;
        let is_ready = |object: Option<&kube::api::DynamicObject>| match object {
            Some(object) => readiness(object),
            None => Check::Hopeless("it is gone".to_owned()),
        };
        self.kube.wait_object(&reference, "rolled out", ROLLOUT_LIMIT, is_ready).await
    }
}

/// The containers, the first of them with the workload's variable; without it, the workload is strict.
fn with_verify(containers: &Value, verify: Verify) -> Value {
    let mut containers = containers.clone();
    let Some(first) = containers.get_mut(0) else { return containers };
    let mut variables: Vec<Value> = first["env"].as_array().cloned().unwrap_or_default();
    variables.retain(|variable| variable["name"] != workload::VERIFY_VARIABLE);
    if verify != Verify::Strict {
        variables.push(json!({"name": workload::VERIFY_VARIABLE, "value": verify.word()}));
    }
    first["env"] = variables.into();
    containers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_weakened_and_made_strict_again() {
        let strict = json!([{"name": "proxy-api", "env": [{"name": "A", "value": "1"}]}, {"name": "other"}]);
        let weak = with_verify(&strict, Verify::AcceptAnything);
        assert_eq!(weak[0]["env"][1], json!({"name": "VERIFY", "value": "accept-anything"}));
        assert_eq!(with_verify(&weak, Verify::AcceptAnything), weak);
        assert_eq!(with_verify(&weak, Verify::Strict), strict);
    }
}
