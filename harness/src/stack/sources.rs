//! The infrastructure trees as files on this machine, for what looks at them without a cluster.
//!
//! A file can be replaced for the span of a sabotage: whoever asks for it then gets another one, and the tree stays as it is.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tempfile::TempDir;

/// The project's own trees, and the one that takes the place of `mtls/`.
#[derive(Clone, Debug)]
pub struct Sources {
    ours: PathBuf,
    infra: Option<PathBuf>,
    /// Folders of the files that take the place of others. Shared by all clones: it is one world that is sabotaged.
    replaced: Arc<Mutex<BTreeMap<String, TempDir>>>,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the tree has no file {name}, looked for at {path}")]
    Missing { name: String, path: PathBuf },
    #[error("write another {name}")]
    Write {
        name: String,
        #[source]
        source: std::io::Error,
    },
}

/// Name of a replacement in its folder.
const REPLACEMENT: &str = "replaced.yaml";

impl Sources {
    pub fn new(ours: &Path, infra: Option<&Path>) -> Self {
        Self { ours: ours.to_owned(), infra: infra.map(Path::to_owned), replaced: Arc::default() }
    }

    /// The file that a scenario calls `mtls/monitoring/…`: the very one that is applied, or what takes its place now.
    ///
    /// # Errors
    ///
    /// When there is none, as may be in a tree of the user's.
    pub fn file(&self, name: &str) -> Result<PathBuf, SourceError> {
        match self.replaced().get(name) {
            Some(folder) => Ok(folder.path().join(REPLACEMENT)),
            None => self.original(name),
        }
    }

    /// The file of the tree, whatever takes its place now.
    ///
    /// # Errors
    ///
    /// As for [`Self::file`].
    pub fn original(&self, name: &str) -> Result<PathBuf, SourceError> {
        let path = match (name.strip_prefix("mtls/"), &self.infra) {
            (Some(inside), Some(infra)) => infra.join(inside),
            _ => self.ours.join(name),
        };
        // A relative path would mean another file to a program with another working directory.
        path.canonicalize().map_err(|_| SourceError::Missing { name: name.to_owned(), path })
    }

    /// Puts a text in the place of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn replace(&self, name: &str, text: &str) -> Result<(), SourceError> {
        let failed = |source| SourceError::Write { name: name.to_owned(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        std::fs::write(folder.path().join(REPLACEMENT), text).map_err(failed)?;
        self.replaced().insert(name.to_owned(), folder);
        Ok(())
    }

    /// The file of the tree counts again.
    pub fn restore(&self, name: &str) {
        self.replaced().remove(name);
    }

    fn replaced(&self) -> MutexGuard<'_, BTreeMap<String, TempDir>> {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_tree_takes_the_place_of_mtls_alone() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for file in [ours.path().join("lab/a.yaml"), ours.path().join("mtls/a.yaml"), theirs.path().join("a.yaml")] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
        }
        let found = |infra: Option<&Path>, name: &str| Sources::new(ours.path(), infra).file(name).unwrap();
        let real = |path: &Path| path.canonicalize().unwrap();
        assert_eq!(found(None, "mtls/a.yaml"), real(&ours.path().join("mtls/a.yaml")));
        assert_eq!(found(Some(theirs.path()), "mtls/a.yaml"), real(&theirs.path().join("a.yaml")));
        assert_eq!(found(Some(theirs.path()), "lab/a.yaml"), real(&ours.path().join("lab/a.yaml")));
        let error = Sources::new(ours.path(), None).file("mtls/b.yaml").unwrap_err().to_string();
        assert!(error.starts_with("the tree has no file mtls/b.yaml, looked for at "), "{error}");
    }

    #[test]
    fn another_text_takes_the_place_of_a_file_until_it_is_restored() {
        let ours = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(ours.path().join("mtls")).unwrap();
        std::fs::write(ours.path().join("mtls/a.yaml"), "as it was").unwrap();
        let sources = Sources::new(ours.path(), None);
        let said = |sources: &Sources| std::fs::read_to_string(sources.file("mtls/a.yaml").unwrap()).unwrap();
        sources.clone().replace("mtls/a.yaml", "otherwise").unwrap();
        assert_eq!(said(&sources), "otherwise");
        assert_eq!(std::fs::read_to_string(sources.original("mtls/a.yaml").unwrap()).unwrap(), "as it was");
        sources.restore("mtls/a.yaml");
        assert_eq!(said(&sources), "as it was");
    }
}
