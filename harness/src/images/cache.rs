//! The content-addressed cache: what was built, under the hash of everything it was built from.
//!
//! Layout: `components/<id>/<key>/` with the outputs and `facts.json`, `layers/<key>/`, `node/<key>/`, `logs/`, `work/` for what is being made. A
//! finished entry appears by a rename, so a killed build leaves no half entry behind.
//!
//! Deliberately not here: what goes into a key. Whoever makes a thing knows that.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::error::BuildError;

/// Changes when entries written by an older harness are not usable any more.
const FORMAT: &str = "1";
/// The file whose presence makes an entry complete.
const FACTS: &str = "facts.json";
/// How many entries of one kind stay: the current one, and the one before for whoever switches back.
const KEPT: usize = 2;

/// `$XDG_CACHE_HOME/mtls-e2e`, else `~/.cache/mtls-e2e`.
#[must_use]
pub fn default_directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|base| base.join("mtls-e2e"))
}

/// A place for entries.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

/// One entry's place, whether or not it exists.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    kind: PathBuf,
    key: String,
    work: PathBuf,
}

impl Cache {
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Creates the folders that everything else expects.
    pub(super) fn prepare(&self) -> Result<(), BuildError> {
        for name in ["components", "layers", "node", "logs", "work"] {
            let directory = self.root.join(name);
            fs::create_dir_all(&directory).map_err(BuildError::file(format!("create {}", directory.display())))?;
        }
        Ok(())
    }

    /// Takes the cache for one build at a time; `waiting` is called when another one has it.
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

    /// The entry of that kind (`components/etcd`, `layers`, `node`) and key.
    pub(super) fn slot(&self, kind: &str, key: &str) -> Slot {
        Slot { kind: self.root.join(kind), key: key.to_owned(), work: self.root.join("work") }
    }
}

impl Slot {
    pub(super) fn directory(&self) -> PathBuf {
        self.kind.join(&self.key)
    }

    /// The entry's facts, when it is complete.
    pub(super) fn facts<T: DeserializeOwned>(&self) -> Option<T> {
        let text = fs::read(self.directory().join(FACTS)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// An empty folder to make the entry in.
    pub(super) fn workspace(&self) -> Result<PathBuf, BuildError> {
        let name = self.kind.file_name().unwrap_or_default().to_string_lossy();
        let directory = self.work.join(format!("{name}-{}", self.key));
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(BuildError::file(format!("empty {}", directory.display())))?;
        }
        fs::create_dir_all(&directory).map_err(BuildError::file(format!("create {}", directory.display())))?;
        Ok(directory)
    }

    /// Makes what lies in `workspace` the entry, and forgets old ones of the same kind.
    pub(super) fn keep<T: Serialize>(&self, workspace: &Path, facts: &T) -> Result<(), BuildError> {
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
    pub(super) fn siblings(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.kind) else {
            return Vec::new();
        };
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Marks the entry as used now and removes all but the entries used last.
    pub(super) fn retain_recent(&self) -> Result<(), BuildError> {
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

/// Hashes what an entry is made from.
pub(super) struct Key(Sha256);

impl Key {
    pub(super) fn new(kind: &str) -> Self {
        let mut key = Self(Sha256::new());
        key.text("format", FORMAT);
        key.text("kind", kind);
        key
    }

    /// Adds a named text. Lengths are hashed too, so that neighbours cannot run into each other.
    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        for part in [name, value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part.as_bytes());
        }
        self
    }

    /// Adds a declaration.
    pub(super) fn declaration(&mut self, value: &impl Serialize) -> &mut Self {
        // Plain structs of strings, numbers and lists always have a JSON form.
        let json = serde_json::to_string(value).unwrap_or_default();
        self.text("declaration", &json)
    }

    /// Adds every file below a folder, by relative path, mode and content. `target` folders are left out.
    pub(super) fn tree(&mut self, directory: &Path) -> Result<&mut Self, BuildError> {
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

    /// Adds one file's content.
    pub(super) fn file(&mut self, path: &Path) -> Result<&mut Self, BuildError> {
        let hash = hash_file(path).map_err(BuildError::file(format!("read {}", path.display())))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(self.text(&name, &hash))
    }

    pub(super) fn finish(&self) -> String {
        hex::encode(self.0.clone().finalize())[..16].to_owned()
    }
}

/// Every file and link below a folder, in a fixed order.
pub(super) fn walk(directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
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
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
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

/// Only what git keeps: whether a file may be executed.
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
