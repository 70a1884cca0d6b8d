//! Where scenarios run: a Kubernetes of ours, or one that the user already has.
//!
//! Input: what the command line asked for. Output: a [`World`] that is up, with what it offers and what it is made of.
//! The runner asks it for pods and addresses, so that a scenario never names one.

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

use serde_json::Value;

use self::{
    loopback::Loopback,
    sandbox::{Inventory, Sandbox, SandboxError, Sandboxes},
};
use crate::{
    kubernetes::{Kube, KubeError},
    scenario::effects::Permissions,
    stack::{self, Known, Sources, Trees},
};

pub use address::Address;
pub use choose::{Choice, ChoiceError, Wanted, choose};
pub use existing::{ExistingError, attach, in_short as existing_in_short};
pub use kind::{KindError, KindRequest, KindWorld, Reuse, kind_features, open, up};
pub use members::{ClientSession, MemberError};

/// A running system under test.
#[derive(Clone, Debug)]
pub struct World {
    /// `kind`, `existing` or `loopback`.
    pub name: &'static str,
    /// One line: which cluster, how it came to be.
    pub detail: String,
    /// What scenarios may need, such as `spire`.
    pub features: BTreeSet<String>,
    /// What scenarios may do in it.
    pub permissions: Permissions,
    /// The trees it was made from, or that are held against it.
    pub sources: Sources,
    /// Where the reference client runs as a process of this machine; none in a cluster of the user's.
    pub sandboxes: Option<Arc<Sandboxes>>,
    pub backend: Backend,
}

/// What a world stands on.
#[derive(Clone, Debug)]
pub enum Backend {
    Cluster(Box<Cluster>),
    Loopback(Arc<Loopback>),
}

/// A Kubernetes API server, and what may be applied to it.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub kube: Kube,
    /// Trees that a scenario may apply; none in a cluster that is not ours.
    pub trees: Option<Trees>,
}

/// The feature of worlds with [`Sandboxes`].
pub(crate) const LOCAL_CLIENT: &str = "client-rigs";

/// What this machine adds to any world, of the words that scenarios use.
pub fn host_features() -> BTreeSet<String> {
    stack::promtool::version().map(|_| "promtool".to_owned()).into_iter().collect()
}

/// What a world bears, and how long its logs take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Attempts of one client at the same time.
    pub parallel: u32,
    /// Until what has happened stands in a sidecar's log.
    pub log_delay: Duration,
}

/// A verb that needs more than this world has. The features that scenarios name keep it from happening.
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

    /// Where changes are written down before they are made; none where nothing is changed, or nothing outlives this process.
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
    /// In a world that is only looked at.
    pub fn trees(&self) -> Result<&Trees, Unsupported> {
        match &self.backend {
            Backend::Cluster(cluster) => {
                cluster.trees.as_ref().ok_or(Unsupported { world: self.name, what: "trees to apply" })
            }
            Backend::Loopback(_) => Err(Unsupported { world: self.name, what: "trees to apply" }),
        }
    }

    /// A place for a story about the reference client.
    ///
    /// # Errors
    ///
    /// In a world without sandboxes, and when the folder cannot be made.
    pub fn sandbox(&self, story: &str) -> Result<Sandbox<'_>, SandboxError> {
        self.sandboxes()?.sandbox(story)
    }

    /// Makes the reference client wrong in these ways, and says in which it was before.
    ///
    /// # Errors
    ///
    /// In a world without sandboxes.
    pub fn client_faults(&self, faults: &[String]) -> Result<Vec<String>, Unsupported> {
        Ok(self.sandboxes()?.set_faults(faults))
    }

    /// Adds them to a world that has none.
    #[must_use]
    pub fn with_sandboxes(mut self, sandboxes: Sandboxes) -> Self {
        self.features.insert(LOCAL_CLIENT.to_owned());
        Self { sandboxes: Some(Arc::new(sandboxes)), ..self }
    }

    fn sandboxes(&self) -> Result<&Sandboxes, Unsupported> {
        self.sandboxes.as_deref().ok_or(Unsupported { world: self.name, what: "sandboxes for the client" })
    }

    /// What was examined, for the report; `known` names components and their support windows by what runs.
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

    /// What there is of our making beside objects, which an API server keeps.
    ///
    /// # Errors
    ///
    /// When the world cannot be looked at.
    pub async fn inventory(&self) -> Result<Inventory, KubeError> {
        let own = match &self.backend {
            Backend::Cluster(_) => Vec::new(),
            Backend::Loopback(loopback) => loopback.inventory().await?,
        };
        Ok(self.sandboxes.iter().flat_map(|sandboxes| sandboxes.inventory()).chain(own).collect())
    }

    /// Ends what is made of processes; a cluster stays as it is.
    ///
    /// # Errors
    ///
    /// When something of it is left, or somebody still uses it.
    pub async fn end(self) -> std::io::Result<()> {
        drop(self.backend);
        match self.sandboxes.map(Arc::try_unwrap) {
            None => Ok(()),
            Some(Ok(sandboxes)) => sandboxes.end().await,
            Some(Err(_)) => Err(std::io::Error::other("the world is still in use")),
        }
    }

    /// How fast this world can be asked.
    pub fn pace(&self) -> Pace {
        match &self.backend {
            Backend::Cluster(_) => Pace { parallel: 4, log_delay: Duration::from_secs(2) },
            Backend::Loopback(_) => Pace { parallel: 16, log_delay: Duration::from_millis(200) },
        }
    }
}
