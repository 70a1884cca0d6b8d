//! The infrastructure trees as files on this machine, for what looks at them without a cluster.

use std::path::{Path, PathBuf};

/// The project's own trees, and the one that takes the place of `mtls/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    ours: PathBuf,
    infra: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the tree has no file {name}, looked for at {path}")]
    Missing { name: String, path: PathBuf },
}

impl Sources {
    pub fn new(ours: &Path, infra: Option<&Path>) -> Self {
        Self { ours: ours.to_owned(), infra: infra.map(Path::to_owned) }
    }

    /// The file that a scenario calls `mtls/monitoring/…`: the very one that is applied.
    ///
    /// # Errors
    ///
    /// When there is none, as may be in a tree of the user's.
    pub fn file(&self, name: &str) -> Result<PathBuf, SourceError> {
        let path = match (name.strip_prefix("mtls/"), &self.infra) {
            (Some(inside), Some(infra)) => infra.join(inside),
            _ => self.ours.join(name),
        };
        // A relative path would mean another file to a program with another working directory.
        path.canonicalize().map_err(|_| SourceError::Missing { name: name.to_owned(), path })
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
}
