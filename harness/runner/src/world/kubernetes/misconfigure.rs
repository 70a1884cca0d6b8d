//! Sets and removes deliberate faults of a reference workload in a running cluster.
//!
//! It does not touch the sidecar, which depends on policies and on the configuration that istiod pushes.

use std::time::Duration;

use mtls_core::scenario::model::Participant;
use mtls_engine::wait::Check;
use mtls_kubernetes::{KubeError, readiness};
use serde_json::{Value, json};

use super::Kubernetes;
use crate::stack::workload::{self, Variable};

/// Limit for a new pod with its sidecar.
const ROLLOUT_LIMIT: Duration = Duration::from_secs(90);

impl Kubernetes {
    /// Restarts a workload with exactly these faults, as environment variables, and waits until it is Ready.
    pub(super) async fn restart(&self, member: &Participant, variables: &[Variable]) -> Result<(), KubeError> {
        let reference = workload::deployment(member);
        let before = self.kube.get(&reference).await?.ok_or_else(|| KubeError::Missing(reference.clone()))?;
        let containers = with_faults(&before.data["spec"]["template"]["spec"]["containers"], variables);
        self.kube.merge(&reference, &json!({"spec": {"template": {"spec": {"containers": containers}}}})).await?;
        let is_ready = |object: Option<&mtls_kubernetes::DynamicObject>| match object {
            Some(object) => readiness(object),
            None => Check::Permanent("it is gone".to_owned()),
        };
        self.kube.wait_object(&reference, "rolled out", ROLLOUT_LIMIT, is_ready).await
    }
}

/// The containers, with exactly these fault variables in the first one.
fn with_faults(containers: &Value, variables: &[Variable]) -> Value {
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
    fn faults_are_set_replaced_and_removed() {
        let healthy = json!([{"name": "proxy-api", "env": [{"name": "A", "value": "1"}]}, {"name": "other"}]);
        let fault = [(workload::VERIFY_VARIABLE, "accept-anything")];
        let faulty = with_faults(&healthy, &fault);
        assert_eq!(faulty[0]["env"][1], json!({"name": "VERIFY", "value": "accept-anything"}));
        assert_eq!(with_faults(&faulty, &fault), faulty);
        let other = with_faults(&faulty, &[(workload::RELOAD_VARIABLE, "never")]);
        assert_eq!(other[0]["env"][1], json!({"name": "RELOAD", "value": "never"}));
        assert_eq!(with_faults(&other, &[]), healthy);
    }
}
