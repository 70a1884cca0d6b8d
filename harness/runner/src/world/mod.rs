//! The system under test: a cluster of the harness, an existing cluster, or processes on loopback addresses.
//!
//! Input: the request of the command line. Output: a running [`World`] with its features and the facts of its
//! environment. It maps participants to pods and addresses, so that a scenario never names one.

mod address;
mod choose;
mod existing;
mod kind;
pub mod loopback;
mod members;
mod misconfigure;
mod objects;
pub mod sandbox;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use mtls_core::scenario::effects::Permissions;
use mtls_kubernetes::{Kube, KubeError};
use serde_json::Value;

use self::{
    loopback::Loopback,
    sandbox::{Inventory, Sandbox, SandboxError, Sandboxes},
};
use crate::stack::{self, Known, Sources, Trees};

pub use address::Address;
pub use choose::{Choice, ChoiceError, Wanted, choose};
pub use existing::{ExistingError, attach, existing_features, in_short as existing_in_short};
pub use kind::{KindError, KindRequest, KindWorld, Reuse, kind_features, open, up};
pub use members::{ClientSession, MemberError};

/// A running system under test.
#[derive(Clone, Debug)]
pub struct World {
    /// `kind`, `existing` or `loopback`.
    pub name: &'static str,
    /// One line about the cluster and its origin.
    pub detail: String,
    /// The features that scenarios may need, such as `spire`.
    pub features: BTreeSet<String>,
    /// The effects that scenarios may have on it.
    pub permissions: Permissions,
    /// The trees that it was created from, or that scenarios compare with it.
    pub sources: Sources,
    /// The reference client as processes on this host; `None` in an existing cluster.
    pub sandboxes: Option<Arc<Sandboxes>>,
    pub backend: Backend,
}

/// The implementation of a world.
#[derive(Clone, Debug)]
pub enum Backend {
    Cluster(Box<Cluster>),
    Loopback(Arc<Loopback>),
}

/// A Kubernetes API server, and the trees that may be applied to it.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub kube: Kube,
    /// Trees that a scenario may apply; `None` in an existing cluster.
    pub trees: Option<Trees>,
}

/// The feature of a world with [`Sandboxes`].
pub(crate) const LOCAL_CLIENT: &str = "local-client";

/// The features that this host adds to any world.
pub fn host_features() -> BTreeSet<String> {
    stack::promtool::version().map(|_| "promtool".to_owned()).into_iter().collect()
}

/// The load that a world can bear, and the delay of its logs.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Maximum number of concurrent attempts of one client.
    pub parallel: u32,
    /// Maximum delay between an event and its entry in a sidecar's log.
    pub log_delay: Duration,
}

/// A verb that this world does not support. The `needs.features` of scenarios prevent it.
#[derive(Debug, thiserror::Error)]
#[error("the {world} world has no {what}")]
pub struct Unsupported {
    world: &'static str,
    what: &'static str,
}

impl World {
    /// The API server.
    ///
    /// # Errors
    ///
    /// In a world without one.
    pub fn kube(&self) -> Result<&Kube, Unsupported> {
        match &self.backend {
            Backend::Cluster(cluster) => Ok(&cluster.kube),
            Backend::Loopback(_) => Err(Unsupported { world: self.name, what: "API server" }),
        }
    }

    /// The cluster that stores the journal of changes. `None` in a read-only world, and where no change outlives this
    /// process.
    pub fn journal_home(&self) -> Option<Kube> {
        match (&self.backend, &self.permissions) {
            (Backend::Cluster(cluster), Permissions::Everything) => Some(cluster.kube.clone()),
            (Backend::Cluster(_), Permissions::Reading(_)) | (Backend::Loopback(_), _) => None,
        }
    }

    /// Trees that a scenario may apply.
    ///
    /// # Errors
    ///
    /// In an existing cluster and in the loopback world.
    pub fn trees(&self) -> Result<&Trees, Unsupported> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                cluster.trees.as_ref().ok_or(Unsupported { world: self.name, what: "trees to apply" })
            }
            Backend::Loopback(_) => Err(Unsupported { world: self.name, what: "trees to apply" }),
        }
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
        self.features.insert(LOCAL_CLIENT.to_owned());
        Self { sandboxes: Some(Arc::new(sandboxes)), ..self }
    }

    fn sandboxes(&self) -> Result<&Sandboxes, Unsupported> {
        self.sandboxes.as_deref().ok_or(Unsupported { world: self.name, what: "sandboxes for the client" })
    }

    /// The facts of the environment, for the report. `known` holds the components and their support windows.
    ///
    /// # Errors
    ///
    /// When the world does not answer.
    pub async fn environment(&self, known: &Known) -> Result<BTreeMap<String, Value>, KubeError> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                let mut facts = stack::environment(&cluster.kube, known).await?;
                facts.extend(existing::facts(&self.permissions));
                Ok(facts)
            }
            Backend::Loopback(loopback) => Ok(loopback.environment(known).await),
        }
    }

    /// The resources of the harness that are not objects of an API server: processes, ports, files, client faults.
    ///
    /// # Errors
    ///
    /// When the world cannot be read.
    pub async fn inventory(&self) -> Result<Inventory, KubeError> {
        let own = match &self.backend {
            Backend::Cluster(_) => Vec::new(),
            Backend::Loopback(loopback) => loopback.inventory().await?,
        };
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
        match &self.backend {
            Backend::Cluster(_) => Pace { parallel: 4, log_delay: Duration::from_secs(2) },
            Backend::Loopback(_) => Pace { parallel: 16, log_delay: Duration::from_millis(200) },
        }
    }
}
