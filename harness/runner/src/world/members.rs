//! The participants of a scenario in a world: programs that run for them, addresses, logs, certificates.

use std::time::Duration;

use jiff::Timestamp;
use mtls_core::scenario::model::{Participant, ServerPort};
use mtls_kubernetes::Output;
use mtls_pki::{IssuingCa, Material};
use serde_json::Value;

use super::{
    World,
    address::Address,
    backend::{Announce, ClientCall, ClientSession, IdentityRequest, MemberError},
};
use crate::stack::{
    envoy::{Pushed, SidecarCertificates},
    workload::Variable,
};

/// Maximum length of a client's error output in a message, in characters.
const MAX_STDERR: usize = 400;

impl World {
    /// The address at which `caller` reaches this port of `server`.
    pub fn address(&self, caller: &Participant, server: &Participant, column: ServerPort) -> Address {
        self.backend.address(caller, server, column)
    }

    /// The address of the proxy that validates against a CA bundle, in front of the same application.
    ///
    /// # Errors
    ///
    /// In a world without such proxies.
    pub fn proxy(&self, server: &Participant) -> Result<Address, MemberError> {
        self.backend.proxy(server)
    }

    /// The source address of a caller's connections when it differs from the one that the caller reports. A sidecar in
    /// a pod shares the address of the pod; a sidecar without a pod has its own.
    pub fn source(&self, caller: &Participant) -> Option<String> {
        self.backend.source(caller)
    }

    /// The address on which a participant can listen.
    ///
    /// # Errors
    ///
    /// When it has no ready pod.
    pub async fn place(&self, member: &Participant) -> Result<String, MemberError> {
        self.backend.place(member).await
    }

    /// Runs the reference client or the probe as a participant and returns its JSON lines.
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
        let call = ClientCall { member, arguments, job, faults: self.faults() };
        let (place, Output { stdout, stderr, code }) = self.backend.run_client(call, limit).await?;
        if code != Some(0) {
            let stderr = stderr.trim().chars().take(MAX_STDERR).collect();
            return Err(MemberError::Client { pod: place, code, stderr });
        }
        Ok(stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Starts the reference client or the probe as a participant. The caller reads its lines while it runs. Its standard
    /// input stays open until the session is dropped.
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
        self.backend.start_client(ClientCall { member, arguments, job, faults: self.faults() }).await
    }

    fn faults(&self) -> Vec<String> {
        self.sandboxes.as_ref().map(|sandboxes| sandboxes.faults()).unwrap_or_default()
    }

    /// The entries of the access log of the server's sidecar since an instant.
    ///
    /// # Errors
    ///
    /// When there is no such sidecar or its log cannot be read.
    pub async fn access_log(&self, server: &Participant, since: Timestamp) -> Result<Vec<Value>, MemberError> {
        self.backend.access_log(server, since).await
    }

    /// The log of the server's application since an instant, one line per event.
    ///
    /// # Errors
    ///
    /// When there is no such server or its log cannot be read.
    pub async fn workload_log(&self, server: &Participant, since: Timestamp) -> Result<String, MemberError> {
        self.backend.workload_log(server, since).await
    }

    /// Lets the issuer of the mesh sign a certificate. Objects that this needs are announced to `changes` first.
    ///
    /// # Errors
    ///
    /// When a change cannot be announced, or the certificate is not signed.
    pub(crate) async fn issue(
        &self,
        request: IdentityRequest<'_>,
        changes: &dyn Announce,
    ) -> Result<Material, MemberError> {
        self.backend.issue(request, changes).await
    }

    /// Creates a CA of the harness under the intermediate of the mesh. Its certificates are trusted wherever mesh
    /// identities are.
    ///
    /// # Errors
    ///
    /// As for [`World::issue`], and in a world that is only read.
    pub(crate) async fn issuing_ca(&self, changes: &dyn Announce) -> Result<IssuingCa, MemberError> {
        self.backend.issuing_ca(changes).await
    }

    /// Signs a new leaf for a participant and swaps it into its files, as a kubelet does. Returns its chain (PEM).
    ///
    /// # Errors
    ///
    /// In a world that does not issue and mount certificates itself.
    pub fn reissue(&self, member: &Participant, lifetime: Option<Duration>) -> Result<String, MemberError> {
        self.backend.reissue(member, lifetime)
    }

    /// Undoes every [`World::reissue`] of a participant.
    ///
    /// # Errors
    ///
    /// As for [`World::reissue`].
    pub fn restore_leaf(&self, member: &Participant) -> Result<(), MemberError> {
        self.backend.restore_leaf(member)
    }

    /// Restarts a workload with exactly these faults, as environment variables, and waits until it is Ready.
    ///
    /// # Errors
    ///
    /// When there is no such workload, or it is not Ready in time.
    pub async fn set_workload_faults(&self, member: &Participant, variables: &[Variable]) -> Result<(), MemberError> {
        self.backend.set_workload_faults(member, variables).await
    }

    /// The configuration that the control plane pushed to the server's sidecar, and its differences from the harness's
    /// rendering.
    ///
    /// # Errors
    ///
    /// When there is no such sidecar, the world has no control plane, or a policy cannot be rendered.
    pub async fn pushed_config(&self, server: &Participant) -> Result<Pushed, MemberError> {
        self.backend.pushed_config(server).await
    }

    /// The certificates that the sidecar of a participant holds.
    ///
    /// # Errors
    ///
    /// When the sidecar does not answer, and in a world without pods.
    pub async fn held_by_sidecar(&self, member: &Participant) -> Result<SidecarCertificates, MemberError> {
        self.backend.held_by_sidecar(member).await
    }
}
