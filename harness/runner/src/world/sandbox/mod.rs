//! Sandboxes for the reference client as a process on this host, beside any world, for cases that need ephemeral
//! servers, agents and files. Servers and agents are the probe.
//!
//! Input: both programs and the client's faults. Output: a [`Sandbox`] per case. All of them share one folder and one
//! process group, and end with the harness. A sandbox proves nothing about pods.

mod client;
mod inventory;
mod process_group;
mod volume;

use std::{
    io,
    path::{Path, PathBuf},
};

use parking_lot::{Mutex, MutexGuard};
use tokio::process::Command;

pub use client::{Line, ProcessOutput, Running, Sandbox, SandboxError, Variables};
pub use inventory::Inventory;
pub(in crate::world) use process_group::ProcessGroup;
pub use volume::Volume;

use crate::stack::workload::{self, Tool};

/// The programs that call, on this host.
#[derive(Clone, Debug)]
pub struct Callers {
    /// The reference client, which is examined.
    pub client: PathBuf,
    /// What the harness examines with.
    pub probe: PathBuf,
}

/// The folder and process group of all sandboxes, and the client under test.
#[derive(Debug)]
pub struct Sandboxes {
    callers: Callers,
    faults: Mutex<Vec<String>>,
    pub(in crate::world) guard: ProcessGroup,
}

impl Sandboxes {
    /// Creates the folder, which must not exist yet.
    ///
    /// # Errors
    ///
    /// When the folder cannot be created, or the process group cannot be started.
    pub fn start(folder: &Path, callers: Callers, faults: Vec<String>) -> io::Result<Self> {
        Ok(Self { callers, faults: Mutex::new(faults), guard: ProcessGroup::start(folder)? })
    }

    /// A command of the client, with the present faults, or of the probe.
    pub(in crate::world) fn command(&self, tool: Tool) -> Command {
        match tool {
            Tool::Probe => self.guard.command(&self.callers.probe),
            Tool::Client => {
                let mut command = self.guard.command(&self.callers.client);
                let faults = self.faults();
                if !faults.is_empty() {
                    command.env(workload::FAULTS_VARIABLE, faults.join(","));
                }
                command
            }
        }
    }

    /// The present faults of the client.
    pub(in crate::world) fn faults(&self) -> Vec<String> {
        self.known_faults().clone()
    }

    /// Sets the faults of the client and returns the previous ones.
    pub(in crate::world) fn set_faults(&self, faults: &[String]) -> Vec<String> {
        std::mem::replace(&mut *self.known_faults(), faults.to_vec())
    }

    /// Ends every process and removes the folder.
    ///
    /// # Errors
    ///
    /// When a process or the folder is still there.
    pub(in crate::world) async fn end(self) -> io::Result<()> {
        let (folder, group) = (self.guard.folder().to_owned(), self.guard.group());
        self.guard.end().await?;
        inventory::is_empty(group)?;
        if folder.exists() { Err(io::Error::other(format!("{} is still there", folder.display()))) } else { Ok(()) }
    }

    fn known_faults(&self) -> MutexGuard<'_, Vec<String>> {
        self.faults.lock()
    }
}
