//! One cache entry: a folder that exists completely or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BuildError;

/// The file whose presence marks an entry as complete.
pub(super) const FACTS: &str = "facts.json";
/// Number of entries kept per kind: the current one, and the previous one for switching back.
const KEPT: usize = 2;

/// The location of an entry, whether or not it exists.
#[derive(Clone, Debug)]
pub(crate) struct CacheEntry {
    pub(super) kind: PathBuf,
    pub(super) key: String,
    pub(super) work: PathBuf,
}

impl CacheEntry {
    pub(crate) fn directory(&self) -> PathBuf {
        self.kind.join(&self.key)
    }

    /// The last element of its kind: `etcd`, `layers`, `node`.
    pub(crate) fn kind(&self) -> &str {
        self.kind.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The facts of a complete entry; `None` otherwise.
    pub(crate) fn facts<T: DeserializeOwned>(&self) -> Option<T> {
        let text = fs::read(self.directory().join(FACTS)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The creation time: the folder's modification time, which does not change once the entry is complete.
    pub(crate) fn made(&self) -> Option<jiff::Timestamp> {
        time(&self.directory())
    }

    /// The time of last use, see [`Self::retain_recent`].
    pub(crate) fn used(&self) -> Option<jiff::Timestamp> {
        time(&self.directory().join(FACTS))
    }

    /// Creates an empty folder for a new entry.
    pub(crate) fn workspace(&self) -> Result<PathBuf, BuildError> {
        let directory = self.work.join(format!("{}-{}", self.kind(), self.key));
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(BuildError::file(format!("empty {}", directory.display())))?;
        }
        fs::create_dir_all(&directory).map_err(BuildError::file(format!("create {}", directory.display())))?;
        Ok(directory)
    }

    /// Turns `workspace` into the entry and removes old entries of the same kind.
    pub(crate) fn keep<T: Serialize>(&self, workspace: &Path, facts: &T) -> Result<(), BuildError> {
        let place = self.directory();
        let fail = |source| BuildError::File { action: format!("keep {}", place.display()), source };
        let text = serde_json::to_vec_pretty(facts).map_err(|error| fail(error.into()))?;
        fs::write(workspace.join(FACTS), text).map_err(fail)?;
        fs::create_dir_all(&self.kind).map_err(fail)?;
        if place.exists() {
            fs::remove_dir_all(&place).map_err(fail)?;
        }
        fs::rename(workspace, &place).map_err(fail)
    }

    /// The keys of all entries of the same kind.
    pub(crate) fn siblings(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.kind) else {
            return Vec::new();
        };
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Marks the entry as used now and removes all but the most recently used entries.
    pub(crate) fn retain_recent(&self) -> Result<(), BuildError> {
        let fail = |source| BuildError::File { action: format!("tidy {}", self.kind.display()), source };
        let facts = self.directory().join(FACTS);
        let now = std::time::SystemTime::now();
        File::options().append(true).open(&facts).and_then(|file| file.set_modified(now)).map_err(fail)?;
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.kind).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let used = fs::metadata(path.join(FACTS)).and_then(|facts| facts.modified());
            entries.push((used.unwrap_or(std::time::UNIX_EPOCH), path));
        }
        entries.sort();
        for (_, path) in entries.iter().rev().skip(KEPT) {
            fs::remove_dir_all(path).map_err(fail)?;
        }
        Ok(())
    }
}

fn time(path: &Path) -> Option<jiff::Timestamp> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;

    #[test]
    fn using_an_entry_does_not_make_it_younger() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        cache.prepare().unwrap();
        let slot = cache.slot("components/x", "one");
        assert_eq!((slot.made(), slot.used()), (None, None));
        let work = slot.workspace().unwrap();
        slot.keep(&work, &"one").unwrap();
        let (made, used) = (slot.made().unwrap(), slot.used().unwrap());
        while slot.used() == Some(used) {
            slot.retain_recent().unwrap();
        }
        assert_eq!(slot.made(), Some(made));
        assert!(slot.used().unwrap() > used);
    }

    #[test]
    fn an_entry_exists_only_once_it_is_kept_and_old_ones_go() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        cache.prepare().unwrap();
        for key in ["one", "two", "three"] {
            let slot = cache.slot("components/x", key);
            let work = slot.workspace().unwrap();
            fs::write(work.join("output"), key).unwrap();
            assert_eq!(slot.facts::<String>(), None);
            slot.keep(&work, &key).unwrap();
            slot.retain_recent().unwrap();
            assert_eq!(slot.facts::<String>().as_deref(), Some(key));
        }
        assert_eq!(cache.slot("components/x", "one").facts::<String>(), None);
        assert!(cache.slot("components/x", "two").facts::<String>().is_some());
    }
}
