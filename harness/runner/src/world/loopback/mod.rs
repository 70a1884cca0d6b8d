//! A world without an engine or a cluster: workloads and clients are processes on loopback addresses behind stock
//! Envoy, which gets the filter chains that istiod would push. The harness issues the certificates.
//!
//! Input: the participants of the scenarios, the declared policies, and three programs. Output: a [`Loopback`] that is
//! up within seconds. It proves nothing about istiod, SPIRE, cert-manager or a kubelet; every report says so.

mod backend;
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

use std::{path::PathBuf, sync::Arc};

use mtls_core::scenario::Offered;
use tokio::sync::Mutex;

pub use declared::{DeclaredError, policies};
pub use facts::features;
pub use members::{LocalError, LocalSession};
pub use programs::{ProgramError, Programs};
pub use up::{LoopbackError, up};

use super::sandbox::Sandboxes;
use crate::stack::Sources;

use self::{identities::Identities, objects::Store, placements::Placements, processes::Processes};

/// The name of this kind of world.
pub(in crate::world) const NAME: &str = "loopback";

/// The input of a loopback world.
#[derive(Clone, Debug)]
pub struct LoopbackRequest {
    pub programs: Programs,
    /// The trees: policies, and files that steps read.
    pub sources: Sources,
    /// A folder that does not exist yet; the end of the world removes it.
    pub folder: PathBuf,
    /// Deliberate faults of the reference client. Normally none.
    pub client_faults: Vec<String>,
}

/// A running loopback world. It ends when the last handle is dropped.
#[derive(Debug)]
pub struct Loopback {
    offered: Offered,
    programs: Programs,
    placements: Placements,
    identities: Identities,
    store: Mutex<Store>,
    processes: Mutex<Processes>,
    /// The process group, the folder, and the client of its participants.
    sandboxes: Arc<Sandboxes>,
    /// Reserves the addresses of the world.
    subnet: placements::Subnet,
}
