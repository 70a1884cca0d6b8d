//! The infrastructure trees as local files, for checks that need no cluster.
//!
//! A file can be replaced during a sabotage: [`Sources::file`] then returns the replacement, and the tree is
//! unchanged.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use mtls_images::StackName;
use parking_lot::{Mutex, MutexGuard};
use tempfile::TempDir;

/// The project's trees, the tree that replaces `mtls/`, and the files of other version sets.
#[derive(Clone, Debug)]
pub struct Sources {
    ours: PathBuf,
    infra: Option<PathBuf>,
    /// Its files replace those with the same path in `ours`.
    overlay: Option<PathBuf>,
    /// Folders of the replacements. Shared by all clones, because a sabotage affects the whole world.
    replaced: Arc<Mutex<BTreeMap<String, TempDir>>>,
}

/// Why a file of the trees is not available.
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

/// The tree of the system under test.
const SYSTEM: &str = "mtls";
/// The file name of a replacement in its folder.
const REPLACEMENT: &str = "replaced.yaml";

impl Sources {
    /// The project's trees below `ours`; `infra` replaces `mtls/`.
    pub fn new(ours: &Path, infra: Option<&Path>) -> Self {
        Self { ours: ours.to_owned(), infra: infra.map(Path::to_owned), overlay: None, replaced: Arc::default() }
    }

    /// Adds the trees of a version set. A user's tree keeps its files.
    #[must_use]
    pub fn of_stack(self, stack: &StackName) -> Self {
        Self { overlay: stack.overlay(&self.ours), ..self }
    }

    /// The folder of the system under test.
    pub(crate) fn system(&self) -> PathBuf {
        self.infra.clone().unwrap_or_else(|| self.ours.join(SYSTEM))
    }

    /// Every folder with the name of its tree; files of a later folder replace those of an earlier one.
    pub(super) fn folders(&self) -> Vec<(&'static str, PathBuf)> {
        let ours = ["platform", "lab"].map(|name| (name, self.ours.join(name)));
        let overlaid = |name: &'static str| {
            let folder = self.overlay.as_ref()?.join(name);
            (folder.is_dir() && (name != SYSTEM || self.infra.is_none())).then_some((name, folder))
        };
        let overlay = ["platform", "lab", SYSTEM].into_iter().filter_map(overlaid);
        ours.into_iter().chain([(SYSTEM, self.system())]).chain(overlay).collect()
    }

    /// The file that a scenario names `mtls/monitoring/…`: the file that is applied, or its current replacement.
    ///
    /// # Errors
    ///
    /// When there is none, which is possible in a user's tree.
    pub fn file(&self, name: &str) -> Result<PathBuf, SourceError> {
        match self.replaced().get(name) {
            Some(folder) => Ok(folder.path().join(REPLACEMENT)),
            None => self.original(name),
        }
    }

    /// The file of the tree, regardless of a replacement.
    ///
    /// # Errors
    ///
    /// As for [`Self::file`].
    pub fn original(&self, name: &str) -> Result<PathBuf, SourceError> {
        let overlaid = self.overlay.as_ref().map(|overlay| overlay.join(name)).filter(|path| path.is_file());
        let path = match (name.strip_prefix("mtls/"), &self.infra) {
            (Some(inside), Some(infra)) => infra.join(inside),
            _ => overlaid.unwrap_or_else(|| self.ours.join(name)),
        };
        // A relative path would be another file for a program with another working directory.
        path.canonicalize().map_err(|_| SourceError::Missing { name: name.to_owned(), path })
    }

    /// Replaces a file by a text.
    ///
    /// # Errors
    ///
    /// When the replacement cannot be written.
    pub fn replace(&self, name: &str, text: &str) -> Result<(), SourceError> {
        let failed = |source| SourceError::Write { name: name.to_owned(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        std::fs::write(folder.path().join(REPLACEMENT), text).map_err(failed)?;
        self.replaced().insert(name.to_owned(), folder);
        Ok(())
    }

    /// Removes the replacement of a file.
    pub fn restore(&self, name: &str) {
        self.replaced().remove(name);
    }

    fn replaced(&self) -> MutexGuard<'_, BTreeMap<String, TempDir>> {
        self.replaced.lock()
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
    fn files_of_other_versions_take_the_place_of_ours_and_of_nobody_elses() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for file in
            ["mtls/a.yaml", "mtls/b.yaml", "platform/a.yaml", "stacks/old/mtls/a.yaml", "stacks/old/platform/a.yaml"]
        {
            let file = ours.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
        }
        std::fs::write(theirs.path().join("a.yaml"), "").unwrap();
        let real = |path: PathBuf| path.canonicalize().unwrap();
        let old = |infra: Option<&Path>| Sources::new(ours.path(), infra).of_stack(&StackName::from("old"));
        let found = |infra: Option<&Path>, name: &str| old(infra).file(name).unwrap();
        assert_eq!(found(None, "mtls/a.yaml"), real(ours.path().join("stacks/old/mtls/a.yaml")));
        assert_eq!(found(None, "mtls/b.yaml"), real(ours.path().join("mtls/b.yaml")));
        assert_eq!(found(Some(theirs.path()), "mtls/a.yaml"), real(theirs.path().join("a.yaml")));
        assert_eq!(found(Some(theirs.path()), "platform/a.yaml"), real(ours.path().join("stacks/old/platform/a.yaml")));
        let names = |infra: Option<&Path>| old(infra).folders().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(None), ["platform", "lab", "mtls", "platform", "mtls"]);
        assert_eq!(names(Some(theirs.path())), ["platform", "lab", "mtls", "platform"]);
        assert_eq!(Sources::new(ours.path(), None).folders().len(), 3);
    }

    #[test]
    fn another_text_takes_the_place_of_a_file_until_it_is_restored() {
        let ours = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(ours.path().join("mtls")).unwrap();
        std::fs::write(ours.path().join("mtls/a.yaml"), "as it was").unwrap();
        let sources = Sources::new(ours.path(), None);
        let content = |sources: &Sources| std::fs::read_to_string(sources.file("mtls/a.yaml").unwrap()).unwrap();
        sources.clone().replace("mtls/a.yaml", "otherwise").unwrap();
        assert_eq!(content(&sources), "otherwise");
        assert_eq!(std::fs::read_to_string(sources.original("mtls/a.yaml").unwrap()).unwrap(), "as it was");
        sources.restore("mtls/a.yaml");
        assert_eq!(content(&sources), "as it was");
    }
}
