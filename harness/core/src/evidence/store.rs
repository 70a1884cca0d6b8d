//! The evidence of a run, stored by content.
//!
//! Input: bytes. Output: the SHA-256 under which they are stored. It does not interpret the bytes and keeps no index:
//! the event log refers to digests.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    digest::sha256,
    file,
    lock::{self, Lock},
    secret,
};

/// Content-addressed files under `evidence/sha256/ab/<hex>` of one run directory.
#[derive(Clone, Debug)]
pub struct Store {
    run: PathBuf,
}

/// Why evidence was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("evidence of type {media_type} holds a private key or a token and was not stored; collect its public part")]
    Secret { media_type: String },
    #[error("{} cannot be written; free some disk space or choose another run directory", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Store {
    /// The store of this run directory.
    #[must_use]
    pub fn new(run: &Path) -> Self {
        Self { run: run.to_owned() }
    }

    /// Stores the bytes unless they are there already, and returns their SHA-256 in hex.
    ///
    /// # Errors
    /// When the bytes hold a secret, or the file cannot be written.
    pub fn put(&self, bytes: &[u8], media_type: &str) -> Result<String, StoreError> {
        if secret::is_secret_file(bytes) {
            return Err(StoreError::Secret { media_type: media_type.to_owned() });
        }
        let digest = sha256(bytes);
        let path = self.run.join(relative_path(&digest));
        if !path.exists() {
            let written = match path.parent() {
                Some(folder) => fs::create_dir_all(folder).and_then(|()| file::replace(&path, bytes)),
                None => file::replace(&path, bytes),
            };
            written.map_err(|source| StoreError::Write { path, source })?;
        }
        Ok(digest)
    }

    /// Writes the plan lock.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn lock(&self, lock: &Lock) -> Result<(), StoreError> {
        lock.write(&self.run).map_err(|source| StoreError::Write { path: self.run.join(lock::FILE_NAME), source })
    }
}

/// The path of the evidence with this digest, relative to the run directory, with `/` on every platform.
#[must_use]
pub fn relative_path(digest: &str) -> String {
    let shard = digest.get(..2).unwrap_or("00");
    format!("evidence/sha256/{shard}/{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_one_file_named_after_their_digest() {
        let run = tempfile::tempdir().unwrap();
        let store = Store::new(run.path());
        let first = store.put(b"abc", "text/plain").unwrap();
        let second = store.put(b"abc", "text/plain").unwrap();
        assert_eq!(first, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(first, second);
        assert_eq!(fs::read(run.path().join(relative_path(&first))).unwrap(), b"abc");
        assert_eq!(fs::read_dir(run.path().join("evidence/sha256/ba")).unwrap().count(), 1);
    }

    #[test]
    fn a_private_key_is_refused_and_leaves_nothing_behind() {
        let run = tempfile::tempdir().unwrap();
        let error = Store::new(run.path()).put(b"-----BEGIN PRIVATE KEY-----\nMC4C", "application/x-pem-file");
        assert!(matches!(error, Err(StoreError::Secret { .. })));
        assert!(!run.path().join("evidence").exists());
    }
}
