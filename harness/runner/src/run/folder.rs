//! The folder of all runs, and locks on worlds.
//!
//! Input: the folder of all runs. Output: paths in it, and locks that end with the process. It does not ask an engine:
//! a kubeconfig that exists does not prove that its world does.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// The folder of all runs, `target/e2e` in the workspace.
#[derive(Clone, Debug)]
pub struct Runs {
    root: PathBuf,
}

/// An exclusive lock on a world. It ends with the process, also when that is killed.
#[derive(Debug)]
pub struct Hold {
    #[expect(dead_code, reason = "the lock lives as long as the file is open")]
    file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    #[error("another command is using the world {0}; wait for it, or use a world of another name")]
    Busy(String),
    #[error("{} is not empty; a run never overwrites the record of another run", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} cannot be used", path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Runs {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn kubeconfig(&self, world: &str) -> PathBuf {
        self.root.join("worlds").join(format!("{world}.kubeconfig"))
    }

    /// Locks the world for this process.
    ///
    /// # Errors
    ///
    /// [`RunsError::Busy`] when another process holds the lock.
    pub fn hold(&self, world: &str) -> Result<Hold, RunsError> {
        let path = self.root.join("worlds").join(format!("{world}.lock"));
        let unusable = |source| RunsError::Unusable { path: path.clone(), source };
        fs::create_dir_all(self.root.join("worlds")).map_err(unusable)?;
        let file = File::create(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Hold { file }),
            Err(TryLockError::WouldBlock) => Err(RunsError::Busy(world.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Creates the folder of a run's record: `named`, else a folder with the id of the run. The link `latest` points to
    /// it.
    ///
    /// # Errors
    ///
    /// [`RunsError::NotEmpty`] when the folder holds anything.
    pub fn open(&self, run: &str, named: Option<&Path>) -> Result<PathBuf, RunsError> {
        let folder = named.map_or_else(|| self.root.join(run), Path::to_path_buf);
        let unusable = |source| RunsError::Unusable { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unusable)?;
        if fs::read_dir(&folder).map_err(unusable)?.next().is_some() {
            return Err(RunsError::NotEmpty(folder));
        }
        fs::create_dir_all(&self.root).map_err(unusable)?;
        let target = fs::canonicalize(&folder).map_err(unusable)?;
        let link = self.root.join("latest");
        // There may be no link yet; any other failure shows in the next line.
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(target, &link).map_err(|source| RunsError::Unusable { path: link, source })?;
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_locks_a_world() {
        let root = tempfile::tempdir().unwrap();
        let runs = Runs::new(root.path().to_owned());
        let first = runs.hold("a").unwrap();
        assert!(matches!(runs.hold("a"), Err(RunsError::Busy(world)) if world == "a"));
        runs.hold("b").unwrap();
        drop(first);
        runs.hold("a").unwrap();
    }

    #[test]
    fn a_record_is_never_overwritten_and_latest_is_the_newest() {
        let root = tempfile::tempdir().unwrap();
        let runs = Runs::new(root.path().join("e2e"));
        let one = runs.open("one", None).unwrap();
        fs::write(one.join("events.jsonl"), "{}\n").unwrap();
        assert!(matches!(runs.open("one", None), Err(RunsError::NotEmpty(folder)) if folder == one));
        let elsewhere = root.path().join("elsewhere");
        runs.open("two", Some(&elsewhere)).unwrap();
        assert_eq!(fs::read_link(runs.root().join("latest")).unwrap(), elsewhere.canonicalize().unwrap());
    }
}
