//! Cache keys: the hash of all inputs of an entry.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::BuildError;

/// Incremented when entries of an older harness become unusable.
const FORMAT: &str = "1";

/// Hashes the inputs of an entry.
pub(crate) struct Key(Sha256);

impl Key {
    pub(crate) fn new(kind: &str) -> Self {
        let mut key = Self(Sha256::new());
        key.text("format", FORMAT);
        key.text("kind", kind);
        key
    }

    /// Adds a named text. Lengths are hashed too, so that adjacent texts cannot be confused.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        for part in [name, value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part.as_bytes());
        }
        self
    }

    /// Adds a declaration.
    pub(crate) fn declaration(&mut self, value: &impl Serialize) -> &mut Self {
        // Serialising plain structs of strings, numbers and lists cannot fail.
        let json = serde_json::to_string(value).unwrap_or_default();
        self.text("declaration", &json)
    }

    /// Adds every file below a folder by relative path, mode and content, except `target` folders.
    pub(crate) fn tree(&mut self, directory: &Path) -> Result<&mut Self, BuildError> {
        for path in walk(directory)? {
            let relative = path.strip_prefix(directory).unwrap_or(&path);
            let name = relative.to_string_lossy().into_owned();
            let fail = format!("read {}", path.display());
            let kind = fs::symlink_metadata(&path).map_err(BuildError::file(&fail))?;
            if kind.is_symlink() {
                let target = fs::read_link(&path).map_err(BuildError::file(&fail))?;
                self.text(&name, &target.to_string_lossy());
            } else {
                let hash = hash_file(&path).map_err(BuildError::file(&fail))?;
                self.text(&name, &format!("{:o} {hash}", mode(&kind)));
            }
        }
        Ok(self)
    }

    /// Adds the content of one file.
    pub(crate) fn file(&mut self, path: &Path) -> Result<&mut Self, BuildError> {
        let hash = hash_file(path).map_err(BuildError::file(format!("read {}", path.display())))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(self.text(&name, &hash))
    }

    pub(crate) fn finish(&self) -> String {
        hex::encode(self.0.clone().finalize())[..16].to_owned()
    }
}

/// Every file and link below a folder, in a fixed order.
pub(crate) fn walk(directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        let fail = format!("read {}", next.display());
        for entry in fs::read_dir(&next).map_err(BuildError::file(&fail))? {
            let entry = entry.map_err(BuildError::file(&fail))?;
            let kind = entry.file_type().map_err(BuildError::file(&fail))?;
            if kind.is_dir() {
                if entry.file_name() != "target" {
                    open.push(entry.path());
                }
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// The part of the mode that git stores: whether a file is executable.
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    if metadata.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_neighbouring_texts_apart() {
        let key = |pairs: &[(&str, &str)]| {
            let mut key = Key::new("test");
            for (name, value) in pairs {
                key.text(name, value);
            }
            key.finish()
        };
        assert_eq!(key(&[("a", "b")]), key(&[("a", "b")]));
        assert_ne!(key(&[("a", "bc")]), key(&[("ab", "c")]));
        assert_ne!(key(&[("a", "b"), ("c", "d")]), key(&[("c", "d"), ("a", "b")]));
    }

    #[test]
    fn a_tree_counts_names_contents_and_the_executable_bit() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let key = || {
            let mut key = Key::new("test");
            key.tree(root.path()).unwrap();
            key.finish()
        };
        fs::write(root.path().join("a"), "1").unwrap();
        let first = key();
        fs::create_dir(root.path().join("target")).unwrap();
        fs::write(root.path().join("target/x"), "1").unwrap();
        assert_eq!(first, key(), "build output is not a source");
        fs::set_permissions(root.path().join("a"), fs::Permissions::from_mode(0o755)).unwrap();
        let executable = key();
        assert_ne!(first, executable);
        fs::rename(root.path().join("a"), root.path().join("b")).unwrap();
        assert_ne!(executable, key());
    }
}
