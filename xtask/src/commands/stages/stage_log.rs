//! The stage log of a command with stages: `stages.json` in its folder, replaced after each stage.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use mtls_core::{duration::milliseconds, evidence::file, verdict::Exit};
use serde::{Deserialize, Serialize};

/// Maximum number of attempts at one stage; more need the attention of a user.
const MOST: usize = 1000;

/// The stages of a command, in the order in which they ended.
pub(in crate::commands) struct StageLog {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    stage: String,
    /// Exit code.
    exit: u8,
    took_ms: u64,
}

/// The last result of a stage.
pub(in crate::commands) struct Ended<'a> {
    pub(in crate::commands) name: &'a str,
    pub(in crate::commands) exit: Exit,
    pub(in crate::commands) took_ms: u64,
}

impl StageLog {
    pub(in crate::commands) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("stages.json");
        let entries = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is not a list of stages; choose another --out", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        Ok(Self { path, entries })
    }

    /// How long each stage took that succeeded, in milliseconds, the last one of several.
    pub(in crate::commands) fn durations(&self) -> impl Iterator<Item = (&str, u64)> {
        let ended = self.entries.iter().filter(|entry| Exit::from_code(Some(entry.exit.into())) == Exit::Conformant);
        ended.map(|entry| (entry.stage.as_str(), entry.took_ms))
    }

    /// Whether its last attempt succeeded.
    pub(in crate::commands) fn ended_well(&self, stage: &str) -> bool {
        self.stages().any(|ended| ended.name == stage && ended.exit == Exit::Conformant)
    }

    /// The record folders of a stage, the first attempt first, including killed ones.
    pub(in crate::commands) fn records(&self, stage: &str) -> Vec<PathBuf> {
        (1..=MOST).map(|attempt| self.record(stage, attempt)).take_while(|folder| folder.is_dir()).collect()
    }

    pub(in crate::commands) fn record(&self, stage: &str, attempt: usize) -> PathBuf {
        self.path.with_file_name(format!("{stage}-{attempt}"))
    }

    pub(in crate::commands) fn write(&mut self, stage: &str, exit: Exit, took: Duration) -> Result<()> {
        let took_ms = milliseconds(took);
        self.entries.push(Entry { stage: stage.to_owned(), exit: exit.code(), took_ms });
        let text = serde_json::to_vec_pretty(&self.entries)?;
        file::replace(&self.path, &text).with_context(|| format!("write {}", self.path.display()))
    }

    /// The last attempt of each stage.
    pub(in crate::commands) fn stages(&self) -> impl Iterator<Item = Ended<'_>> {
        let is_last =
            |index: usize, entry: &Entry| self.entries[index + 1..].iter().all(|later| later.stage != entry.stage);
        self.entries.iter().enumerate().filter(move |(index, entry)| is_last(*index, entry)).map(|(_, entry)| Ended {
            name: &entry.stage,
            exit: Exit::from_code(Some(entry.exit.into())),
            took_ms: entry.took_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_attempt_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut stage_log = StageLog::open(folder.path()).unwrap();
        for (stage, exit) in [("up", Exit::Conformant), ("e2e", Exit::ProductFailed), ("e2e", Exit::Conformant)] {
            stage_log.write(stage, exit, Duration::from_secs(1)).unwrap();
        }
        let again = StageLog::open(folder.path()).unwrap();
        assert!(again.ended_well("e2e") && !again.ended_well("prove"));
        assert_eq!(again.stages().count(), 2);
    }

    #[test]
    fn a_damaged_list_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("stages.json"), "[{").unwrap();
        let error = StageLog::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("stages.json is not a list of stages"), "{error}");
    }
}
