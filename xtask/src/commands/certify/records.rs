//! Which records are certified: those that the user names, or those of the stages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use mtls_core::{
    certificate::{content::record_files, files::Files, judged::Judged},
    evidence::log,
};

use crate::commands::located::find_folder;

/// Folders of records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) run: PathBuf,
    /// The oldest first.
    pub(super) proofs: Vec<PathBuf>,
    /// Runs of earlier attempts.
    pub(super) earlier: Vec<PathBuf>,
}

impl Records {
    /// The records with these names.
    pub(super) fn named(run: &str, proofs: &[String]) -> Result<Self> {
        let find = |name: &String| find_folder(name);
        let proofs = proofs.iter().map(find).collect::<Result<_>>()?;
        Ok(Self { run: find_folder(run)?, proofs, earlier: Vec::new() })
    }

    /// The last run of a stage, and every proof: each goes on from those before it. `None` without a run.
    pub(super) fn of_stages(runs: &[PathBuf], proofs: &[PathBuf]) -> Option<Self> {
        let recorded = |folders: &[PathBuf]| {
            let recorded = folders.iter().filter(|folder| folder.join(log::FILE_NAME).is_file());
            recorded.cloned().collect::<Vec<_>>()
        };
        let mut earlier = recorded(runs);
        let run = earlier.pop()?;
        Some(Self { run, proofs: recorded(proofs), earlier })
    }

    /// The files of a record, and its judgement.
    pub(super) fn read(folder: &Path) -> Result<(Files, Judged)> {
        let file = |name: &str| fs::read(folder.join(name));
        let (files, record) = record_files(&file).with_context(|| format!("read the record {}", folder.display()))?;
        Ok((files, Judged::of(record)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_counts_and_every_proof() {
        let out = tempfile::tempdir().unwrap();
        let folder = |name: &str, is_recorded: bool| {
            let folder = out.path().join(name);
            fs::create_dir(&folder).unwrap();
            if is_recorded {
                fs::write(folder.join(log::FILE_NAME), "").unwrap();
            }
            folder
        };
        // Killed before its first event.
        let (first, second, killed) = (folder("run-1", true), folder("run-2", true), folder("run-3", false));
        let proofs = [folder("proof-1", true), folder("proof-2", false), folder("proof-3", true)];
        let records = Records::of_stages(&[first.clone(), second.clone(), killed.clone()], &proofs).unwrap();
        let expected =
            Records { run: second, proofs: vec![proofs[0].clone(), proofs[2].clone()], earlier: vec![first] };
        assert_eq!(records, expected);
        assert_eq!(Records::of_stages(&[killed], &proofs), None);
    }
}
