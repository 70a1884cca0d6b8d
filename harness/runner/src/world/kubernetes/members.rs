//! Participants of a cluster: a ready pod of their Deployment, in which the reference client runs.

use std::{io, time::Duration};

use futures::future::BoxFuture;
use mtls_core::scenario::model::Participant;
use mtls_kubernetes::{DynamicObject, KubeError, Output, Running};

use super::Kubernetes;
use crate::{
    stack::workload,
    world::backend::{ClientCall, ClientSession, MemberError, SessionProcess},
};

#[derive(Debug, thiserror::Error)]
#[error("no ready pod of {deployment} in {namespace}")]
struct NoPod {
    deployment: String,
    namespace: String,
}

impl Kubernetes {
    /// The name of a ready pod of a participant.
    pub(super) async fn pod(&self, member: &Participant) -> Result<String, MemberError> {
        Ok(self.ready_pod(member).await?.metadata.name.unwrap_or_default())
    }

    pub(super) async fn ready_pod(&self, member: &Participant) -> Result<DynamicObject, MemberError> {
        let deployment = workload::deployment(member);
        let selector = format!("app={}", deployment.name);
        let ready = self.kube.ready_pod(&member.namespace, &selector).await?;
        let missing = NoPod { deployment: deployment.name, namespace: member.namespace.clone() };
        ready.ok_or_else(|| MemberError::of(missing))
    }

    pub(super) async fn run(&self, call: ClientCall<'_>, limit: Duration) -> Result<(String, Output), MemberError> {
        let pod = self.pod(call.member).await?;
        let line = command_line(&call);
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let container = container_of(call.member);
        let output = self.kube.exec(&call.member.namespace, &pod, container, &words, call.job, limit).await?;
        Ok((pod, output))
    }

    pub(super) async fn start(&self, call: ClientCall<'_>) -> Result<ClientSession, MemberError> {
        let pod = self.pod(call.member).await?;
        let line = command_line(&call);
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let container = container_of(call.member);
        let mut running = self.kube.spawn(&call.member.namespace, &pod, container, &words, call.job).await?;
        let stdout = running.stdout().ok_or_else(|| KubeError::Exec {
            command: running.command.clone(),
            pod: running.pod.clone(),
            problem: "it has no output".to_owned(),
        })?;
        Ok(ClientSession { stdout: Box::new(stdout), guard: Box::new(running) })
    }
}

impl SessionProcess for Running {
    fn say<'a>(&'a mut self, words: &'a [u8]) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(Running::say(self, words))
    }
}

/// The command line of the reference client in a pod, with the faults that are set.
fn command_line(call: &ClientCall<'_>) -> Vec<String> {
    let variable = format!("{}={}", workload::FAULTS_VARIABLE, call.faults.join(","));
    let prefix = if call.faults.is_empty() { Vec::new() } else { vec!["env", &variable] };
    let words = prefix.iter().chain(&[workload::CLIENT_PROGRAM]).chain(call.arguments);
    words.map(|word| (*word).to_owned()).collect()
}

/// The container of a reference Deployment has the name of the Deployment.
pub(super) fn container_of(member: &Participant) -> &str {
    member.client.as_deref().or(member.workload.as_deref()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_faults_reach_the_client_in_a_pod() {
        let member: Participant =
            serde_json::from_value(serde_json::json!({"client": "client", "namespace": "n"})).unwrap();
        let line = |faults: &[&str]| {
            let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            command_line(&ClientCall { member: &member, arguments: &["attempts"], job: b"", faults }).join(" ")
        };
        assert_eq!(line(&[]), format!("{} attempts", workload::CLIENT_PROGRAM));
        let variable = format!("env {}=one,other", workload::FAULTS_VARIABLE);
        assert_eq!(line(&["one", "other"]), format!("{variable} {} attempts", workload::CLIENT_PROGRAM));
    }
}
