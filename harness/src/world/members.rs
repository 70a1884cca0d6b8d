//! Cast members to pods.

use kube::api::DynamicObject;

use super::World;
use crate::{
    kubernetes::{KubeError, Output, Running},
    scenario::model::CastMember,
    stack::workload,
};

#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error("no ready pod of {deployment} in {namespace}")]
    NoPod { deployment: String, namespace: String },
    #[error("the client in {pod} ended with {code:?}: {stderr}")]
    Client { pod: String, code: Option<i32>, stderr: String },
}

impl World {
    /// The name of a ready pod of a cast member.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn pod(&self, member: &CastMember) -> Result<String, MemberError> {
        let deployment = workload::deployment(member);
        let selector = format!("app={}", deployment.name);
        let pods = self.kube.list("v1", "Pod", Some(&member.namespace), Some(&selector)).await?;
        let ready = pods.into_iter().find(is_ready).and_then(|pod| pod.metadata.name);
        ready.ok_or_else(|| MemberError::NoPod { deployment: deployment.name, namespace: member.namespace.clone() })
    }

    /// Runs the reference client in a cast member's pod and returns its JSON lines.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or ends with anything but 0: then its lines prove nothing.
    pub async fn run_client(
        &self,
        member: &CastMember,
        arguments: &[&str],
        job: &[u8],
        limit: std::time::Duration,
    ) -> Result<Vec<serde_json::Value>, MemberError> {
        let pod = self.pod(member).await?;
        let command: Vec<&str> = std::iter::once(workload::CLIENT_PROGRAM).chain(arguments.iter().copied()).collect();
        let container = container_of(member);
        let Output { stdout, stderr, code } =
            self.kube.exec(&member.namespace, &pod, container, &command, job, limit).await?;
        if code != Some(0) {
            return Err(MemberError::Client { pod, code, stderr: stderr.trim().chars().take(400).collect() });
        }
        Ok(stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Starts the reference client in a cast member's pod; its lines are read while it runs.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub async fn start_client(
        &self,
        member: &CastMember,
        arguments: &[&str],
        job: &[u8],
    ) -> Result<Running, MemberError> {
        let pod = self.pod(member).await?;
        let command: Vec<&str> = std::iter::once(workload::CLIENT_PROGRAM).chain(arguments.iter().copied()).collect();
        Ok(self.kube.spawn(&member.namespace, &pod, container_of(member), &command, job).await?)
    }
}

/// The reference Deployments name their container after themselves.
fn container_of(member: &CastMember) -> &str {
    member.client.as_deref().or(member.workload.as_deref()).unwrap_or_default()
}

fn is_ready(pod: &DynamicObject) -> bool {
    let conditions = pod.data["status"]["conditions"].as_array();
    let ready = conditions
        .is_some_and(|list| list.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True"));
    ready && pod.metadata.deletion_timestamp.is_none()
}
