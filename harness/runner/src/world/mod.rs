//! The system under test: a cluster of the harness, an existing cluster, or processes on loopback addresses.
//!
//! Input: the request of the command line. Output: a running [`World`] with its features and the facts of its
//! environment. It maps participants to pods and addresses, so that a scenario never names one.

mod address;
mod backend;
mod choose;
mod existing;
#[cfg(test)]
pub(crate) mod fake;
mod kind;
mod kubernetes;
pub mod loopback;
mod members;
mod objects;
pub mod sandbox;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use mtls_core::scenario::{Offered, effects::Permissions};
use mtls_engine::wait::WaitError;
use mtls_kubernetes::{Kube, KubeError};
use serde_json::Value;

use self::sandbox::{Inventory, Sandbox, SandboxError, Sandboxes};
use crate::stack::{self, Known, Sources, Trees};

pub use address::Address;
pub(crate) use backend::{Announce, Backend, IdentityRequest, Work};
pub use backend::{ClientSession, MemberError, Pace, Unsupported};
pub use choose::{Choice, ChoiceError, Wanted, choose};
pub use existing::{ExistingError, attach, existing_features};
pub use kind::{KindError, KindRequest, KindWorld, Reuse, kind_features, open, up};

/// A running system under test.
#[derive(Clone, Debug)]
pub struct World {
    /// Its name, the features that scenarios may need, and the effects that they may have on it.
    pub offered: Offered,
    /// One line about the cluster and its origin.
    pub detail: String,
    /// The trees that it was created from, or that scenarios compare with it.
    pub sources: Sources,
    /// The reference client as processes on this host; `None` in an existing cluster.
    sandboxes: Option<Arc<Sandboxes>>,
    backend: Arc<dyn Backend>,
}

/// The feature of a world with [`Sandboxes`].
pub(crate) const LOCAL_CLIENT: &str = "local-client";

/// The features that this host adds to any world.
pub fn host_features() -> BTreeSet<String> {
    stack::promtool::version().map(|_| "promtool".to_owned()).into_iter().collect()
}

impl World {
    /// A world without sandboxes.
    pub(crate) fn new(backend: Arc<dyn Backend>, detail: String, sources: Sources) -> Self {
        Self { offered: backend.offered().clone(), detail, sources, sandboxes: None, backend }
    }

    /// The API server.
    ///
    /// # Errors
    ///
    /// In a world without one.
    pub fn kube(&self) -> Result<&Kube, Unsupported> {
        self.backend.kube().ok_or_else(|| self.backend.lacks("API server"))
    }

    /// The objects among which changes are written down before they are made. `None` in a read-only world, and where no
    /// change outlives this process.
    pub(crate) fn journal_home(&self) -> Option<Arc<dyn Backend>> {
        match self.offered.permissions {
            Permissions::Everything => self.lasting(),
            Permissions::Reading(_) => None,
        }
    }

    /// The objects among which an earlier run may have left its journal. `None` where no change outlives a process.
    pub(crate) fn lasting(&self) -> Option<Arc<dyn Backend>> {
        self.backend.outlives_the_run().then(|| Arc::clone(&self.backend))
    }

    /// Trees that a scenario may apply.
    ///
    /// # Errors
    ///
    /// In an existing cluster and in the loopback world.
    pub fn trees(&self) -> Result<&Trees, Unsupported> {
        self.backend.trees().ok_or_else(|| self.backend.lacks("trees to apply"))
    }

    /// Waits until controllers have nothing left to do, after changes of unknown effect.
    ///
    /// # Errors
    ///
    /// What was not ready at the end.
    pub async fn settled(&self, limit: Duration) -> Result<(), WaitError> {
        self.backend.settled(limit).await
    }

    /// Creates a sandbox for a case about the reference client.
    ///
    /// # Errors
    ///
    /// In a world without sandboxes, and when the folder cannot be made.
    pub fn sandbox(&self, case: &str) -> Result<Sandbox<'_>, SandboxError> {
        self.sandboxes()?.sandbox(case)
    }

    /// Sets the faults of the reference client and returns the previous ones.
    ///
    /// # Errors
    ///
    /// In a world without sandboxes.
    pub fn client_faults(&self, faults: &[String]) -> Result<Vec<String>, Unsupported> {
        Ok(self.sandboxes()?.set_faults(faults))
    }

    /// Adds sandboxes to a world without them.
    #[must_use]
    pub fn with_sandboxes(mut self, sandboxes: Sandboxes) -> Self {
        self.offered.features.insert(LOCAL_CLIENT.to_owned());
        Self { sandboxes: Some(Arc::new(sandboxes)), ..self }
    }

    fn sandboxes(&self) -> Result<&Sandboxes, Unsupported> {
        self.sandboxes.as_deref().ok_or_else(|| self.backend.lacks("sandboxes for the client"))
    }

    /// The facts of the environment, for the report. `known` holds the components and their support windows.
    ///
    /// # Errors
    ///
    /// When the world does not answer.
    pub async fn environment(&self, known: &Known) -> Result<BTreeMap<String, Value>, KubeError> {
        self.backend.environment(known).await
    }

    /// The resources of the harness that are not objects of an API server: processes, ports, files, client faults.
    ///
    /// # Errors
    ///
    /// When the world cannot be read.
    pub async fn inventory(&self) -> Result<Inventory, KubeError> {
        let own = self.backend.inventory().await?;
        Ok(self.sandboxes.iter().flat_map(|sandboxes| sandboxes.inventory()).chain(own).collect())
    }

    /// Ends the processes of the world; a cluster stays.
    ///
    /// # Errors
    ///
    /// When a process or file remains, or the sandboxes are still in use.
    pub async fn end(self) -> std::io::Result<()> {
        drop(self.backend);
        match self.sandboxes.map(Arc::try_unwrap) {
            None => Ok(()),
            Some(Ok(sandboxes)) => sandboxes.end().await,
            Some(Err(_)) => Err(std::io::Error::other("the world is still in use")),
        }
    }

    /// The pace at which this world can be observed.
    pub fn pace(&self) -> Pace {
        self.backend.pace()
    }
}
