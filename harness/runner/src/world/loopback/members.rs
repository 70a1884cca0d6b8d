//! Participants of a loopback world: processes of the reference client and the probe, and the logs and addresses of
//! servers.

use std::{process::Stdio, time::Duration};

use jiff::Timestamp;
use mtls_core::{
    duration::spell_duration,
    scenario::model::{Participant, ServerPort},
};
use mtls_kubernetes::Output;
use mtls_pki::{LEAF_LIFETIME, Leaf, Material, MintError};
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
};

use super::{
    Loopback,
    identities::IdentityError,
    placements::name,
    processes::{Place, ProcessError, log_of},
};
use crate::{
    stack::{
        envoy,
        workload::{self, Tool, Variable},
    },
    world::Address,
};

/// Why an operation of a participant failed.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("the client for {member} cannot be run")]
    Run {
        member: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the client for {member} did not end within {}", spell_duration(*.limit))]
    Slow { member: String, limit: Duration },
    #[error("the client for {member} has no output")]
    Silent { member: String },
    #[error(transparent)]
    Workload(#[from] ProcessError),
    #[error("there is no server {0} in this world")]
    NoServer(String),
    #[error("the access log of the sidecars cannot be read")]
    Log(#[source] std::io::Error),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("the log of a workload cannot be read")]
    ServerLog(#[source] std::io::Error),
}

/// A running client. Its standard input stays open until this is dropped.
pub struct LocalSession {
    pub(super) child: Child,
    /// The program runs until this is closed.
    stdin: Option<ChildStdin>,
}

impl LocalSession {
    /// Writes to its standard input.
    pub(super) async fn write(&mut self, words: &[u8]) -> std::io::Result<()> {
        let input = self.stdin.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        input.write_all(words).await?;
        input.flush().await
    }
}

impl Loopback {
    /// The address of a listener of the caller's sidecar. Without one: of the server's sidecar, or of a server without
    /// a sidecar.
    pub(super) fn listener(&self, caller: &Participant, server: &Participant, column: ServerPort) -> Address {
        let found = self.placements.server(server).map(|found| {
            if !server.sidecar {
                return found.application.to_string();
            }
            let own = self.placements.caller(caller).and_then(|caller| caller.towards.get(&found.name));
            own.copied().unwrap_or(found.sidecar).to_string()
        });
        Address { host: found.unwrap_or_else(|| workload::host(server)), port: self.placements.port(column) }
    }

    /// The proxy that validates against a CA bundle, beside the server's sidecar.
    pub(super) fn proxy_of(&self, server: &Participant) -> Result<Address, LocalError> {
        let found = self.placements.server(server).ok_or_else(|| LocalError::NoServer(server.account().to_owned()))?;
        Ok(Address { host: found.proxy.to_string(), port: self.placements.port(envoy::PROXY_COLUMN) })
    }

    pub(super) async fn run(
        &self,
        member: &Participant,
        arguments: &[&str],
        job: &[u8],
        limit: Duration,
    ) -> Result<Output, LocalError> {
        let name = member.account();
        let failed = |source| LocalError::Run { member: name.to_owned(), source };
        let work = async {
            let mut session = self.spawn(member, arguments, job).await?;
            session.stdin = None;
            session.child.wait_with_output().await.map_err(failed)
        };
        let output = tokio::time::timeout(limit, work).await;
        let output = output.map_err(|_| LocalError::Slow { member: name.to_owned(), limit })??;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Output { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() })
    }

    pub(super) async fn spawn(
        &self,
        member: &Participant,
        arguments: &[&str],
        job: &[u8],
    ) -> Result<LocalSession, LocalError> {
        let failed = |source| LocalError::Run { member: member.account().to_owned(), source };
        let mut command = self.client(member, Tool::of(arguments));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let mut stdin = child.stdin.take();
        if let Some(input) = stdin.as_mut() {
            input.write_all(job).await.map_err(failed)?;
            input.flush().await.map_err(failed)?;
        }
        Ok(LocalSession { child, stdin })
    }

    /// The log of the server's application since an instant.
    pub(super) fn workload_log_since(&self, server: &Participant, since: Timestamp) -> Result<String, LocalError> {
        let found = self.placements.server(server).ok_or_else(|| LocalError::NoServer(server.account().to_owned()))?;
        let text = std::fs::read_to_string(log_of(found, &self.sandboxes.guard)).map_err(LocalError::ServerLog)?;
        let is_old = |line: &&str| {
            let time = serde_json::from_str::<Value>(line).ok().and_then(|entry| entry["time"].as_str()?.parse().ok());
            time.is_none_or(|time: Timestamp| time < since)
        };
        Ok(text.lines().skip_while(is_old).flat_map(|line| [line, "\n"]).collect())
    }

    /// The entries of the access log of the server's sidecar since an instant.
    pub(super) fn access_log_since(&self, server: &Participant, since: Timestamp) -> Result<Vec<Value>, LocalError> {
        let found = self.placements.server(server).ok_or_else(|| LocalError::NoServer(server.account().to_owned()))?;
        let path = self.sandboxes.guard.folder().join(envoy::ACCESS_LOG);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LocalError::Log(error)),
        };
        let host = format!("{}:", found.sidecar);
        let is_ours = |entry: &Value| {
            let start = entry["start"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
            entry["local_address"].as_str().is_some_and(|address| address.starts_with(&host))
                && start.is_some_and(|start| start >= since)
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(is_ours).collect())
    }

    /// Issues a certificate of this world's hierarchy.
    pub(super) fn sign(&self, spiffe: &str, lifetime: Duration) -> Result<Material, MintError> {
        // A lifetime that the signer's type cannot hold is capped at the usual one.
        let lifetime = lifetime.try_into().unwrap_or(LEAF_LIFETIME);
        self.identities.authority().issue(&Leaf { spiffe, dns: &[], lifetime })
    }

    /// Swaps a new leaf into a participant's files and returns its chain (PEM).
    pub(super) fn renew(&self, member: &Participant, lifetime: Option<Duration>) -> Result<String, LocalError> {
        Ok(self.identities.renew(&name(member), lifetime)?)
    }

    /// Swaps the participant's first leaf back into its files.
    pub(super) fn restore(&self, member: &Participant) -> Result<(), LocalError> {
        Ok(self.identities.restore(&name(member))?)
    }

    /// Restarts a workload with exactly these faults.
    pub(super) async fn restart(&self, member: &Participant, variables: &[Variable]) -> Result<(), LocalError> {
        let server = self.placements.server(member);
        let server = server.ok_or_else(|| LocalError::NoServer(member.account().to_owned()))?;
        let place = Place {
            program: &self.programs.workload,
            placements: &self.placements,
            identities: &self.identities,
            guard: &self.sandboxes.guard,
        };
        Ok(self.processes.lock().await.restart(place, server, variables).await?)
    }

    fn client(&self, member: &Participant, tool: Tool) -> Command {
        let mut command = self.sandboxes.command(tool);
        if let Some(directory) = self.identities.directory(&name(member)) {
            command.envs(workload::FILE_VARIABLES.map(|(variable, file)| (variable, directory.join(file))));
        }
        command
    }
}
