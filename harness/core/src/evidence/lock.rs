//! The plan lock `plan.lock.json`: the ids of all planned checks, written before the first step of a run.
//!
//! It lies beside the event log, so that the checks of a log that has lost its plan are still known. It is no second
//! plan: the expectations of a check are in the log alone.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::{digest::sha256, file, plan::Plan};

/// The name of the lock inside a run directory.
pub const FILE_NAME: &str = "plan.lock.json";
const SCHEMA: &str = "mtls-e2e/plan-lock/v1";

/// The content of `plan.lock.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    schema: String,
    pub run: String,
    /// [`digest`] of the plan in the log.
    pub plan: String,
    /// Every planned check, trials of sabotages included.
    pub checks: Vec<String>,
    /// SHA-256 of the lock without this field.
    hash: String,
}

impl Lock {
    /// The lock of this plan.
    #[must_use]
    pub fn of(run: &str, plan: &Plan) -> Self {
        let checks = plan.every().flat_map(|scenario| &scenario.checks);
        let mut lock = Self {
            schema: SCHEMA.to_owned(),
            run: run.to_owned(),
            plan: digest(plan),
            checks: checks.map(|check| check.id.clone()).collect(),
            hash: String::new(),
        };
        lock.hash = lock.own_hash();
        lock
    }

    /// Writes the lock into a run directory.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, run_dir: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        file::replace(&run_dir.join(FILE_NAME), &text)
    }

    fn own_hash(&self) -> String {
        let unsigned = Self { hash: String::new(), ..self.clone() };
        sha256(serde_json::to_string(&unsigned).unwrap_or_default().as_bytes())
    }
}

/// The lock, from the result of reading its file: there may be none.
///
/// # Errors
/// When it cannot be read or was edited, in words.
pub(super) fn of_file(read: io::Result<Vec<u8>>) -> Result<Option<Lock>, String> {
    let text = match read {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let lock: Lock = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if lock.hash == lock.own_hash() { Ok(Some(lock)) } else { Err("it was edited".to_owned()) }
}

/// SHA-256 of a plan. Fields are always in the same order, so equal plans have equal digests.
#[must_use]
pub fn digest(plan: &Plan) -> String {
    serde_json::to_vec(plan).map(|bytes| format!("sha256:{}", sha256(&bytes))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(folder: &Path) -> Result<Option<Lock>, String> {
        of_file(fs::read(folder.join(FILE_NAME)))
    }

    #[test]
    fn a_lock_that_was_edited_or_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), Ok(None));
        let mut lock = Lock::of("run", &Plan::default());
        lock.checks.push("strict/grid#a".to_owned());
        lock.write(folder.path()).unwrap();
        assert_eq!(read(folder.path()), Err("it was edited".to_owned()));
        lock.hash = lock.own_hash();
        lock.write(folder.path()).unwrap();
        assert_eq!(read(folder.path()), Ok(Some(lock)));
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, &fs::read(&path).unwrap()[..40]).unwrap();
        assert!(read(folder.path()).is_err());
    }
}
