//! A world without an engine or a cluster: workload and client as processes, stock Envoy in front with the chains that istiod
//! would push, certificates of a hierarchy of our own, everything on loopback addresses.
//!
//! Input: the casts of the scenarios, the declared policies, and three programs. Output: a [`Loopback`] that answers within
//! seconds. It proves nothing about istiod, SPIRE, cert-manager or a kubelet, says so in every report, and never certifies.

mod changes;
mod configure;
mod declared;
mod facts;
mod guard;
mod holdings;
mod identities;
mod members;
mod objects;
mod processes;
mod programs;
mod residents;
mod rig;
mod up;
mod volume;

use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

pub use declared::{DeclaredError, policies};
pub use facts::features;
pub use holdings::Holdings;
pub use members::{LocalError, Talking};
pub use programs::{ProgramError, Programs};
pub use rig::{Line, Ran, Rig, RigError, Running, Variables};
pub use up::{LoopbackError, up};
pub use volume::Volume;

use crate::stack::Sources;

use self::{guard::Guard, identities::Identities, objects::Store, processes::Processes, residents::Residents};

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
    client_faults: std::sync::Mutex<Vec<String>>,
    residents: Residents,
    identities: Identities,
    store: Mutex<Store>,
    processes: Mutex<Processes>,
    guard: Guard,
    /// Addresses are ours as long as this lives.
    subnet: residents::Subnet,
}

impl Loopback {
    /// Ends every process and removes the folder.
    ///
    /// # Errors
    ///
    /// When the folder is still there.
    pub(in crate::world) async fn end(self) -> std::io::Result<()> {
        drop(self.processes);
        let (folder, group) = (self.guard.folder().to_owned(), self.guard.group());
        self.guard.end().await?;
        holdings::is_empty(group)?;
        if folder.exists() {
            Err(std::io::Error::other(format!("{} is still there", folder.display())))
        } else {
            Ok(())
        }
    }
}
