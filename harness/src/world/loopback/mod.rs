//! A world without an engine or a cluster: workload and client as processes, stock Envoy in front with the chains that istiod
//! would push, certificates of a hierarchy of our own, everything on loopback addresses.
//!
//! Input: the casts of the scenarios, the declared policies, and three programs. Output: a [`Loopback`] that answers within
//! seconds. It proves nothing about istiod, SPIRE, cert-manager or a kubelet, says so in every report, and never certifies.

mod changes;
mod configure;
mod declared;
mod facts;
mod identities;
mod inventory;
mod members;
mod objects;
mod placements;
mod processes;
mod programs;
mod up;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Mutex;

pub use declared::{DeclaredError, policies};
pub use facts::features;
pub use members::{LocalError, LocalSession};
pub use programs::{ProgramError, Programs};
pub use up::{LoopbackError, up};

use super::sandbox::Sandboxes;
use crate::stack::Sources;

use self::{identities::Identities, objects::Store, placements::Placements, processes::Processes};

/// What a loopback world is made from.
#[derive(Clone, Debug)]
pub struct LoopbackRequest<'a> {
    pub programs: Programs,
    /// The tree whose policies hold: `fixtures/infra/mtls`, or the user's.
    pub tree: &'a Path,
    /// Every tree, for steps that look at files.
    pub sources: Sources,
    /// A folder that does not exist yet; it goes with the world.
    pub folder: PathBuf,
    /// Ways in which the reference client is wrong on purpose; normally none.
    pub client_faults: Vec<String>,
}

/// A running world; it ends when the last handle is dropped.
#[derive(Debug)]
pub struct Loopback {
    programs: Programs,
    placements: Placements,
    identities: Identities,
    store: Mutex<Store>,
    processes: Mutex<Processes>,
    /// Where its processes and files are, and the client of its members.
    sandboxes: Arc<Sandboxes>,
    /// Addresses are ours as long as this lives.
    subnet: placements::Subnet,
}
