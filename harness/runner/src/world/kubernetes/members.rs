//! Participants of a cluster: a ready pod of their Deployment, in which the reference client and the probe run.

use std::{io, time::Duration};

use futures::future::BoxFuture;
use mtls_core::scenario::model::Participant;
use mtls_kubernetes::{DynamicObject, KubeError, Output, Running};

use super::Kubernetes;
use crate::{
    stack::workload::{self, Tool},
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

/// The command line of the program with this subcommand in a pod. The reference client has the faults that are set.
fn command_line(call: &ClientCall<'_>) -> Vec<String> {
    let tool = call.tool();
    let variable = format!("{}={}", workload::FAULTS_VARIABLE, call.faults.join(","));
    let is_faulty = tool == Tool::Client && !call.faults.is_empty();
    let prefix = if is_faulty { vec!["env", &variable] } else { Vec::new() };
    let words = prefix.into_iter().chain([tool.path()]).chain(call.arguments.iter().copied());
    words.map(str::to_owned).collect()
}

/// The container of a reference Deployment has the name of the Deployment.
pub(super) fn container_of(member: &Participant) -> &str {
    member.client.as_deref().or(member.workload.as_deref()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_faults_reach_the_client_in_a_pod_and_not_the_probe() {
        let member: Participant =
            serde_json::from_value(serde_json::json!({"client": "client", "namespace": "n"})).unwrap();
        let line = |command, faults: &[&str]| {
            let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            command_line(&ClientCall { member: &member, arguments: &[command], job: b"", faults }).join(" ")
        };
        let (client, probe) = (Tool::Client.path(), Tool::Probe.path());
        assert_eq!(line("calls", &[]), format!("{client} calls"));
        let variable = format!("env {}=one,other", workload::FAULTS_VARIABLE);
        assert_eq!(line("calls", &["one", "other"]), format!("{variable} {client} calls"));
        assert_eq!(line("attempts", &["one", "other"]), format!("{probe} attempts"));
    }
}
