//! What a run needs of a system under test, and the types that its implementations share.
//!
//! An implementation does not know scenarios, records or verdicts; nothing outside it asks which one it is. What only some
//! of them can do has a default that says so.

use std::{collections::BTreeMap, error::Error, fmt, io, time::Duration};

use futures::future::{BoxFuture, LocalBoxFuture};
use jiff::Timestamp;
use mtls_core::scenario::{
    Offered,
    model::{Participant, ServerPort},
};
use mtls_engine::wait::WaitError;
use mtls_kubernetes::{DynamicObject, Inverse, Kube, KubeError, Output, Reference, spell_code};
use mtls_pki::{IssuingCa, Material};
use serde_json::Value;
use tokio::io::AsyncRead;

use super::address::Address;
use crate::stack::{
    Known, Trees,
    envoy::{Pushed, SidecarCertificates},
    workload::{Tool, Variable},
};

/// The work of one operation. Boxed, so that a run does not depend on the type of its backend. A run is one task, so its
/// work need not move between threads.
pub(crate) type Work<'a, T> = LocalBoxFuture<'a, T>;

/// One kind of system under test.
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    /// Its name, and what scenarios may need of it and do to it.
    fn offered(&self) -> &Offered;

    /// The load that it bears, and the delay of its logs.
    fn pace(&self) -> Pace;

    /// Whether it stays when this process ends, so that a change that was not undone stays as well.
    fn outlives_the_run(&self) -> bool;

    /// The facts of the environment, for the report.
    fn environment<'a>(&'a self, known: &'a Known) -> Work<'a, Result<BTreeMap<String, Value>, KubeError>>;

    /// What the harness has in it that is no object of an API server: ports, policies of local sidecars.
    fn inventory(&self) -> Work<'_, Result<Vec<String>, KubeError>>;

    /// Waits until controllers have nothing left to do, after changes of unknown effect.
    fn settled(&self, limit: Duration) -> Work<'_, Result<(), WaitError>>;

    /// The object, or `None` when it does not exist.
    fn get<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<Option<DynamicObject>, KubeError>>;

    /// The objects of a kind that match the label selector; all without a selector.
    fn list<'a>(
        &'a self,
        api_version: &'a str,
        kind: &'a str,
        namespace: Option<&'a str>,
        selector: Option<&'a str>,
    ) -> Work<'a, Result<Vec<DynamicObject>, KubeError>>;

    /// Applies one object, with the semantics of [`Kube::apply`].
    fn apply<'a>(&'a self, object: &'a DynamicObject, limit: Duration) -> Work<'a, Result<(), KubeError>>;

    /// Applies a JSON merge patch (RFC 7396).
    fn merge<'a>(&'a self, reference: &'a Reference, patch: &'a Value) -> Work<'a, Result<(), KubeError>>;

    /// Deletes the object; not an error when it does not exist.
    fn delete<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<(), KubeError>>;

    /// Undoes a change of an object: deletes it, or creates or replaces it with its previous state.
    fn undo<'a>(&'a self, inverse: &'a Inverse) -> Work<'a, Result<(), KubeError>>;

    /// The address at which `caller` reaches this port of `server`.
    fn address(&self, caller: &Participant, server: &Participant, port: ServerPort) -> Address;

    /// The source address of a caller's connections when it differs from the one that the caller reports.
    fn source(&self, caller: &Participant) -> Option<String>;

    /// The address on which a participant can listen.
    fn place<'a>(&'a self, member: &'a Participant) -> Work<'a, Result<String, MemberError>>;

    /// Runs the reference client or the probe to its end, as the first argument asks ([`Tool::of`]). Returns where it ran,
    /// for messages, and its output.
    fn run_client<'a>(
        &'a self,
        call: ClientCall<'a>,
        limit: Duration,
    ) -> Work<'a, Result<(String, Output), MemberError>>;

    /// Starts the reference client or the probe.
    fn start_client<'a>(&'a self, call: ClientCall<'a>) -> Work<'a, Result<ClientSession, MemberError>>;

    /// The entries of the access log of the server's sidecar since an instant.
    fn access_log<'a>(&'a self, server: &'a Participant, since: Timestamp)
    -> Work<'a, Result<Vec<Value>, MemberError>>;

    /// The log of the server's application since an instant, one line per event.
    fn workload_log<'a>(&'a self, server: &'a Participant, since: Timestamp) -> Work<'a, Result<String, MemberError>>;

    /// Restarts a workload with exactly these faults and waits until it is Ready.
    fn set_workload_faults<'a>(
        &'a self,
        member: &'a Participant,
        variables: &'a [Variable],
    ) -> Work<'a, Result<(), MemberError>>;

    /// Lets the issuer of the mesh sign a certificate. Objects that this needs are announced first.
    fn issue<'a>(
        &'a self,
        request: IdentityRequest<'a>,
        changes: &'a dyn Announce,
    ) -> Work<'a, Result<Material, MemberError>>;

    /// Creates a CA of the harness under the intermediate of the mesh. Its certificates are trusted wherever mesh
    /// identities are.
    fn issuing_ca<'a>(&'a self, changes: &'a dyn Announce) -> Work<'a, Result<IssuingCa, MemberError>>;

    /// The API server.
    fn kube(&self) -> Option<&Kube> {
        None
    }

    /// Trees that a scenario may apply.
    fn trees(&self) -> Option<&Trees> {
        None
    }

    /// The address of the proxy that validates against a CA bundle, in front of the same application.
    fn proxy(&self, _server: &Participant) -> Result<Address, MemberError> {
        Err(self.lacks("proxy with a CA bundle").into())
    }

    /// Signs a new leaf for a participant and swaps it into its files, as a kubelet does. Returns its chain (PEM).
    fn reissue(&self, _member: &Participant, _lifetime: Option<Duration>) -> Result<String, MemberError> {
        Err(self.lacks("certificates of its own making").into())
    }

    /// Swaps the participant's first leaf back into its files.
    fn restore_leaf(&self, _member: &Participant) -> Result<(), MemberError> {
        Err(self.lacks("certificates of its own making").into())
    }

    /// The configuration that the control plane pushed to the server's sidecar.
    fn pushed_config<'a>(&'a self, _server: &'a Participant) -> Work<'a, Result<Pushed, MemberError>> {
        Box::pin(async { Err(self.lacks("control plane").into()) })
    }

    /// The certificates that the sidecar of a participant holds.
    fn held_by_sidecar<'a>(&'a self, _member: &'a Participant) -> Work<'a, Result<SidecarCertificates, MemberError>> {
        Box::pin(async { Err(self.lacks("sidecar of a pod").into()) })
    }

    /// The error of an operation that this world does not support.
    fn lacks(&self, what: &'static str) -> Unsupported {
        Unsupported { world: self.offered().world.clone(), what }
    }
}

/// Registers how to undo a change of an object. The backend makes the change only after this returns `Ok`.
pub(crate) trait Announce: Send + Sync {
    fn announce(&self, inverse: Inverse) -> Work<'_, Result<(), MemberError>>;
}

/// One run of the reference client or the probe as a participant.
#[derive(Clone, Debug)]
pub(crate) struct ClientCall<'a> {
    pub(crate) member: &'a Participant,
    pub(crate) arguments: &'a [&'a str],
    /// Written to its standard input.
    pub(crate) job: &'a [u8],
    /// The faults of the client that the run has set; the probe has none.
    pub(crate) faults: Vec<String>,
}

impl ClientCall<'_> {
    /// The program that has the subcommand of this call.
    pub(crate) fn tool(&self) -> Tool {
        Tool::of(self.arguments)
    }
}

/// The certificate that a participant presents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdentityRequest<'a> {
    /// A word for the names of objects.
    pub(crate) purpose: &'a str,
    pub(crate) spiffe: &'a str,
    pub(crate) lifetime: Duration,
}

/// A running client or probe. Dropping it ends the program.
pub struct ClientSession {
    /// Its JSON lines, readable while it runs.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    pub(crate) guard: Box<dyn SessionProcess>,
}

/// The process or connection that ends with the session.
pub(crate) trait SessionProcess: Send {
    /// Writes to the program's standard input.
    fn say<'a>(&'a mut self, words: &'a [u8]) -> BoxFuture<'a, io::Result<()>>;
}

/// Maximum time for undoing one change in a world that a scenario may have damaged.
pub(crate) const RECOVERY: Duration = Duration::from_secs(45);

/// The load that a world can bear, and the delays that are part of its work.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Maximum number of concurrent attempts of one client.
    pub parallel: u32,
    /// Maximum number of concurrent trials of sabotages.
    pub trials: usize,
    /// Maximum delay between an event and its entry in a sidecar's log.
    pub log_delay: Duration,
    /// Maximum time for undoing one change: a scenario may have stopped the API server itself.
    pub recovery: Duration,
}

/// A verb that this world does not support. The `needs.features` of scenarios prevent it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the {world} world has no {what}")]
pub struct Unsupported {
    pub(super) world: String,
    pub(super) what: &'static str,
}

/// Why an operation of a participant failed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error("the client in {pod} ended {}: {stderr}", spell_code(*.code))]
    Client { pod: String, code: Option<i32>, stderr: String },
    /// An error that only one backend has.
    #[error(transparent)]
    Backend(Box<dyn Error + Send + Sync>),
}

impl MemberError {
    pub(crate) fn of(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Box::new(error))
    }
}
