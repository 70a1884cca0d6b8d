//! The reference client as a process of this machine, beside whatever world there is: for stories that need servers, agents and files
//! made for them.
//!
//! Input: the client's program, and the ways in which it is to be wrong. Output: a [`Sandbox`] for each story. Everything lives in one
//! folder and one process group, and ends with the harness. A sandbox says nothing about pods.

mod client;
mod inventory;
mod process_group;
mod volume;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::process::Command;

pub use client::{Line, ProcessOutput, Running, Sandbox, SandboxError, Variables};
pub use inventory::Inventory;
pub(in crate::world) use process_group::ProcessGroup;
pub use volume::Volume;

use crate::stack::workload;

/// The place of all sandboxes, and the client under test.
#[derive(Debug)]
pub struct Sandboxes {
    client: PathBuf,
    faults: Mutex<Vec<String>>,
    pub(in crate::world) guard: ProcessGroup,
}

impl Sandboxes {
    /// Makes the folder, which must not exist yet.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or nothing can be started in it.
    pub fn start(folder: &Path, client: PathBuf, faults: Vec<String>) -> io::Result<Self> {
        Ok(Self { client, faults: Mutex::new(faults), guard: ProcessGroup::start(folder)? })
    }

    /// The client, wrong in the ways that the run asks for.
    pub(in crate::world) fn client_under_test(&self) -> Command {
        let mut command = self.client();
        let faults = self.faults();
        if !faults.is_empty() {
            command.env(workload::FAULTS_VARIABLE, faults.join(","));
        }
        command
    }

    /// Those ways.
    pub(in crate::world) fn faults(&self) -> Vec<String> {
        self.known_faults().clone()
    }

    /// Changes those ways, and says which they were.
    pub(in crate::world) fn set_faults(&self, faults: &[String]) -> Vec<String> {
        std::mem::replace(&mut *self.known_faults(), faults.to_vec())
    }

    /// Ends every process and removes the folder.
    ///
    /// # Errors
    ///
    /// When something is still there.
    pub(in crate::world) async fn end(self) -> io::Result<()> {
        let (folder, group) = (self.guard.folder().to_owned(), self.guard.group());
        self.guard.end().await?;
        inventory::is_empty(group)?;
        if folder.exists() { Err(io::Error::other(format!("{} is still there", folder.display()))) } else { Ok(()) }
    }

    /// The same program as it is.
    fn client(&self) -> Command {
        self.guard.command(&self.client)
    }

    fn known_faults(&self) -> MutexGuard<'_, Vec<String>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
