//! Maps participants of a scenario to programs that run for them and to addresses at which they are reached.

use std::time::Duration;

use jiff::Timestamp;
use mtls_core::scenario::model::{Participant, ServerPort, TRUST_DOMAIN};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{KubeError, Output, Running, spell_code};
use mtls_pki::MintError;
use serde_json::Value;
use tokio::io::AsyncRead;

use super::{
    Backend, Cluster, Unsupported, World,
    address::Address,
    loopback::{LocalError, LocalSession, Loopback},
};
use crate::stack::{
    envoy::{Pushed, PushedError, SidecarCertificates, held, pushed},
    istio, workload,
};

#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error(transparent)]
    Config(#[from] PushedError),
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error(transparent)]
    Local(#[from] LocalError),
    #[error("an identity cannot be signed")]
    Mint(#[from] MintError),
    #[error("no ready pod of {deployment} in {namespace}")]
    NoPod { deployment: String, namespace: String },
    #[error("the client in {pod} ended {}: {stderr}", spell_code(*.code))]
    Client { pod: String, code: Option<i32>, stderr: String },
}

/// A running client. Dropping it ends the client.
pub struct ClientSession {
    /// Its JSON lines, readable while it runs.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    pub(crate) guard: SessionProcess,
}

/// The process or connection that ends with the session.
pub(crate) enum SessionProcess {
    Exec(Running),
    Process(LocalSession),
}

impl SessionProcess {
    /// Writes to the client's standard input.
    pub(crate) async fn say(&mut self, words: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Exec(running) => running.say(words).await,
            Self::Process(session) => session.say(words).await,
        }
    }
}

impl World {
    /// The address at which `caller` reaches this port of `server`.
    pub fn address(&self, caller: &Participant, server: &Participant, column: ServerPort) -> Address {
        match &self.backend {
            Backend::Cluster(_) => Address { host: workload::host(server), port: workload::port(column) },
            Backend::Loopback(loopback) => loopback.address(caller, server, column),
        }
    }

    /// The address of the proxy that validates against a CA bundle, in front of the same application.
    ///
    /// # Errors
    ///
    /// In a world without such proxies.
    pub fn proxy(&self, server: &Participant) -> Result<Address, MemberError> {
        match &self.backend {
            Backend::Cluster(_) => Err(Unsupported { world: self.name, what: "proxy with a CA bundle" }.into()),
            Backend::Loopback(loopback) => Ok(loopback.proxy(server)?),
        }
    }

    /// The source address of a caller's connections when it differs from the one that the caller reports. A sidecar in
    /// a pod shares the address of the pod; a sidecar without a pod has its own.
    pub fn source(&self, caller: &Participant) -> Option<String> {
        match &self.backend {
            Backend::Cluster(_) => None,
            Backend::Loopback(loopback) => loopback.source(caller),
        }
    }

    /// The address on which a participant can listen.
    ///
    /// # Errors
    ///
    /// When it has no ready pod.
    pub async fn place(&self, member: &Participant) -> Result<String, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => cluster.place(member).await,
            Backend::Loopback(loopback) => Ok(loopback.place(member)),
        }
    }

    /// Runs the reference client as a participant and returns its JSON lines.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or its exit code is not 0: its lines prove nothing then.
    pub async fn run_client(
        &self,
        member: &Participant,
        arguments: &[&str],
        job: &[u8],
        limit: Duration,
    ) -> Result<Vec<Value>, MemberError> {
        let (place, Output { stdout, stderr, code }) = match &self.backend {
            Backend::Cluster(cluster) => cluster.run_client(member, &self.client(arguments), job, limit).await?,
            Backend::Loopback(loopback) => {
                (member.account().to_owned(), loopback.run_client(member, arguments, job, limit).await?)
            }
        };
        if code != Some(0) {
            return Err(MemberError::Client { pod: place, code, stderr: stderr.trim().chars().take(400).collect() });
        }
        Ok(stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Starts the reference client as a participant. The caller reads its lines while it runs. Its standard input stays
    /// open until the session is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub async fn start_client(
        &self,
        member: &Participant,
        arguments: &[&str],
        job: &[u8],
    ) -> Result<ClientSession, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => cluster.start_client(member, &self.client(arguments), job).await,
            Backend::Loopback(loopback) => {
                let mut session = loopback.spawn(member, arguments, job).await?;
                let stdout = session.child.stdout.take();
                let stdout = stdout.ok_or_else(|| LocalError::Silent { member: member.account().to_owned() })?;
                Ok(ClientSession { stdout: Box::new(stdout), guard: SessionProcess::Process(session) })
            }
        }
    }

    /// The command line of the reference client in a pod, with the faults that are set.
    fn client(&self, arguments: &[&str]) -> Vec<String> {
        let faults = self.sandboxes.as_ref().map(|sandboxes| sandboxes.faults()).unwrap_or_default();
        let variable = format!("{}={}", workload::FAULTS_VARIABLE, faults.join(","));
        let prefix = if faults.is_empty() { Vec::new() } else { vec!["env", &variable] };
        let words = prefix.iter().chain(&[workload::CLIENT_PROGRAM]).chain(arguments);
        words.map(|word| (*word).to_owned()).collect()
    }

    /// The entries of the access log of the server's sidecar since an instant.
    ///
    /// # Errors
    ///
    /// When there is no such sidecar or its log cannot be read.
    pub async fn access_log(&self, server: &Participant, since: Timestamp) -> Result<Vec<Value>, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                let pod = cluster.pod(server).await?;
                Ok(istio::access_log(&cluster.kube, &server.namespace, &pod, since).await?)
            }
            Backend::Loopback(loopback) => Ok(loopback.access_log(server, since)?),
        }
    }

    /// Signs a new leaf for a participant and swaps it into its files, as a kubelet does. Returns its chain (PEM).
    ///
    /// # Errors
    ///
    /// In a world that does not issue and mount certificates itself.
    pub fn reissue(&self, member: &Participant, lifetime: Option<Duration>) -> Result<String, MemberError> {
        Ok(self.issuing()?.reissue(member, lifetime)?)
    }

    /// Undoes every [`World::reissue`] of a participant.
    ///
    /// # Errors
    ///
    /// As for [`World::reissue`].
    pub fn restore_leaf(&self, member: &Participant) -> Result<(), MemberError> {
        Ok(self.issuing()?.restore_leaf(member)?)
    }

    /// The backend, if it issues and mounts certificates itself.
    fn issuing(&self) -> Result<&Loopback, Unsupported> {
        match &self.backend {
            Backend::Cluster(_) => Err(Unsupported { world: self.name, what: "certificates of its own making" }),
            Backend::Loopback(loopback) => Ok(loopback),
        }
    }

    /// The log of the server's application since an instant, one line per event.
    ///
    /// # Errors
    ///
    /// When there is no such server or its log cannot be read.
    pub async fn workload_log(&self, server: &Participant, since: Timestamp) -> Result<String, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                let pod = cluster.pod(server).await?;
                Ok(cluster.kube.logs(&server.namespace, &pod, container_of(server), since).await?)
            }
            Backend::Loopback(loopback) => Ok(loopback.workload_log(server, since)?),
        }
    }

    /// The configuration that the control plane pushed to the server's sidecar, and its differences from the harness's
    /// rendering.
    ///
    /// # Errors
    ///
    /// When there is no such sidecar, the world has no control plane, or a policy cannot be rendered.
    pub async fn pushed_config(&self, server: &Participant) -> Result<Pushed, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                let pod = cluster.pod(server).await?;
                Ok(pushed(&cluster.kube, server.account(), &server.namespace, &pod, TRUST_DOMAIN).await?)
            }
            Backend::Loopback(_) => Err(Unsupported { world: self.name, what: "control plane" }.into()),
        }
    }

    /// The certificates that the sidecar of a participant holds.
    ///
    /// # Errors
    ///
    /// When the sidecar does not answer, and in a world without pods.
    pub async fn held_by_sidecar(&self, member: &Participant) -> Result<SidecarCertificates, MemberError> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                let pod = cluster.pod(member).await?;
                Ok(held(&cluster.kube, &member.namespace, &pod).await?)
            }
            Backend::Loopback(_) => Err(Unsupported { world: self.name, what: "sidecar of a pod" }.into()),
        }
    }
}

impl Cluster {
    /// The name of a ready pod of a participant.
    async fn pod(&self, member: &Participant) -> Result<String, MemberError> {
        Ok(self.ready_pod(member).await?.metadata.name.unwrap_or_default())
    }

    async fn place(&self, member: &Participant) -> Result<String, MemberError> {
        let pod = self.ready_pod(member).await?;
        Ok(pod.data["status"]["podIP"].as_str().unwrap_or_default().to_owned())
    }

    async fn ready_pod(&self, member: &Participant) -> Result<DynamicObject, MemberError> {
        let deployment = workload::deployment(member);
        let selector = format!("app={}", deployment.name);
        let ready = self.kube.ready_pod(&member.namespace, &selector).await?;
        ready.ok_or_else(|| MemberError::NoPod { deployment: deployment.name, namespace: member.namespace.clone() })
    }

    async fn run_client(
        &self,
        member: &Participant,
        command: &[String],
        job: &[u8],
        limit: Duration,
    ) -> Result<(String, Output), MemberError> {
        let pod = self.pod(member).await?;
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = self.kube.exec(&member.namespace, &pod, container_of(member), &command, job, limit).await?;
        Ok((pod, output))
    }

    async fn start_client(
        &self,
        member: &Participant,
        command: &[String],
        job: &[u8],
    ) -> Result<ClientSession, MemberError> {
        let pod = self.pod(member).await?;
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let mut running = self.kube.spawn(&member.namespace, &pod, container_of(member), &command, job).await?;
        let stdout = running.stdout().ok_or_else(|| KubeError::Exec {
            command: running.command.clone(),
            pod: running.pod.clone(),
            problem: "it has no output".to_owned(),
        })?;
        Ok(ClientSession { stdout: Box::new(stdout), guard: SessionProcess::Exec(running) })
    }
}

/// The container of a reference Deployment has the name of the Deployment.
fn container_of(member: &Participant) -> &str {
    member.client.as_deref().or(member.workload.as_deref()).unwrap_or_default()
}
