//! The content-addressed cache: build results, stored under the hash of all their inputs.
//!
//! Layout: `components/<id>/<key>/` with the outputs and `facts.json`, `layers/<key>/`, `node/<key>/`, `logs/`, and
//! `work/` for unfinished entries. A finished entry is renamed into place, so a killed build leaves no partial entry.
//!
//! Not here: the inputs of a key. The code that builds an entry knows them.

mod entry;
mod key;
mod prune;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::BuildError;

pub(crate) use entry::CacheEntry;
pub(crate) use key::{Key, hash_file, walk};

/// `$XDG_CACHE_HOME/mtls-e2e`, else `~/.cache/mtls-e2e`.
#[must_use]
pub fn default_directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|base| base.join("mtls-e2e"))
}

/// The root folder of all entries.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Creates the folders that all other functions expect.
    pub(super) fn prepare(&self) -> Result<(), BuildError> {
        for name in ["components", "layers", "node", "node-pulled", "node-foreign", "stack-pulled", "logs", "work"] {
            let directory = self.root.join(name);
            fs::create_dir_all(&directory).map_err(BuildError::file(format!("create {}", directory.display())))?;
        }
        Ok(())
    }

    /// Locks the cache for one build; calls `waiting` when another build holds the lock.
    pub(super) async fn lock(&self, waiting: impl FnOnce()) -> Result<File, BuildError> {
        let path = self.root.join("lock");
        let fail = |source| BuildError::File { action: format!("lock {}", path.display()), source };
        let file = File::create(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(fail(source)),
            Err(TryLockError::WouldBlock) => waiting(),
        }
        tokio::task::spawn_blocking(move || file.lock().map(|()| file))
            .await
            .map_err(|gone| fail(io::Error::other(gone)))?
            .map_err(fail)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The entry of a kind (`components/etcd`, `layers`, `node`) with a key.
    pub(super) fn slot(&self, kind: &str, key: &str) -> CacheEntry {
        CacheEntry { kind: self.root.join(kind), key: key.to_owned(), work: self.root.join("work") }
    }
}
