//! The record that a user names: a run's folder, its id, `latest`, an archive, a certificate bundle or a nightly folder.
//!
//! An archive is unpacked into a folder that lasts as long as the value. What a record says is not looked at here.

use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    evidence::log,
    store::{Limits, import},
};
use tempfile::TempDir;

use crate::paths;

/// The folder of a record.
pub(super) struct Located {
    path: PathBuf,
    /// Where an archive is unpacked, removed in the end.
    unpacked: Option<TempDir>,
}

impl Deref for Located {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Located {
    fn folder(path: PathBuf) -> Self {
        Self { path, unpacked: None }
    }

    pub(super) fn is_archive(&self) -> bool {
        self.unpacked.is_some()
    }
}

/// Resolves the user's argument to one record. Of a nightly folder it is the first run of the stage `e2e`.
pub(super) fn find(run: &str) -> Result<Located> {
    let mut records = find_all(run)?;
    let is_first = |(name, _): &(String, Located)| name == FIRST_OF_NIGHT || name == "e2e";
    let at = records.iter().position(is_first).unwrap_or(0);
    Ok(records.swap_remove(at).1)
}

/// [`find`], where a folder has to stay: an archive is an error.
pub(super) fn find_folder(run: &str) -> Result<PathBuf> {
    let found = find(run)?;
    if found.is_archive() {
        bail!("{run} is an archive; `cargo xtask import {run}` makes a run of it first");
    }
    Ok(found.path)
}

/// The name of the run of a nightly folder that stands beside a single run.
pub(super) const FIRST_OF_NIGHT: &str = "e2e/1";

/// Resolves the user's argument to records with names: one without a name, or those of a nightly folder, as
/// `e2e/1`, `prove` …
pub(super) fn find_all(run: &str) -> Result<Vec<(String, Located)>> {
    let written = Path::new(run);
    if written.is_file() && written.extension().is_some_and(|end| end == "tar") {
        let folder = tempfile::tempdir().context("make a folder to unpack the archive in")?;
        import(written, folder.path(), Limits::default())?;
        return Ok(vec![(String::new(), Located { path: folder.path().to_owned(), unpacked: Some(folder) })]);
    }
    // A folder, a file in one (such as events.jsonl), or an id.
    let candidates =
        [written.to_owned(), written.parent().unwrap_or(written).to_owned(), paths::runs().root().join(run)];
    if let Some(directory) = candidates.iter().find(|directory| directory.join(log::FILE_NAME).is_file()) {
        return Ok(vec![(String::new(), Located::folder(directory.clone()))]);
    }
    let night = [written.to_owned(), paths::runs().root().join(run)];
    if let Some(night) = night.iter().find(|folder| folder.join(NIGHT).is_file()) {
        let records = of_night(night)?;
        if records.is_empty() {
            bail!("the nightly run in {} has no record yet", night.display());
        }
        return Ok(records);
    }
    let known = match known_runs() {
        known if known.is_empty() => "none yet; start one with `cargo xtask e2e`".to_owned(),
        known => known.join(", "),
    };
    bail!(
        "`{run}` is neither a folder with {}, nor an archive (.tar), nor the folder of a nightly run, nor a run in {} \
         ({known})",
        log::FILE_NAME,
        paths::runs().root().display()
    )
}

/// The file that a nightly run keeps of its stages.
const NIGHT: &str = "stages.json";

/// The records of the last attempt of each stage.
fn of_night(night: &Path) -> Result<Vec<(String, Located)>> {
    let mut stages: Vec<(String, usize, PathBuf)> = Vec::new();
    for path in folders(night)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((stage, attempt)) = name.rsplit_once('-') else { continue };
        let Ok(attempt) = attempt.parse::<usize>() else { continue };
        match stages.iter_mut().find(|(known, ..)| known == stage) {
            Some(known) if known.1 < attempt => *known = (stage.to_owned(), attempt, path),
            Some(_) => {}
            None => stages.push((stage.to_owned(), attempt, path)),
        }
    }
    let mut records = Vec::new();
    for (stage, _, path) in stages {
        if path.join(log::FILE_NAME).is_file() {
            records.push((stage, Located::folder(path)));
            continue;
        }
        for run in folders(&path)?.into_iter().filter(|run| run.join(log::FILE_NAME).is_file()) {
            let number = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
            records.push((format!("{stage}/{number}"), Located::folder(run)));
        }
    }
    records.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(records)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}

pub(super) fn known_runs() -> Vec<String> {
    let entries = fs::read_dir(paths::runs().root()).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join(log::FILE_NAME).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nightly_folder_has_the_last_attempt_of_each_stage() {
        let night = tempfile::tempdir().unwrap();
        for record in ["e2e-1/1", "e2e-2/1", "e2e-2/2", "prove-1", "prove-10", "prove-9"] {
            let folder = night.path().join(record);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(log::FILE_NAME), "").unwrap();
        }
        fs::create_dir(night.path().join("quiet-1")).unwrap();
        fs::write(night.path().join(NIGHT), "[]").unwrap();
        let path = night.path().display().to_string();
        let found = find_all(&path).unwrap();
        let found: Vec<(&str, &Path)> =
            found.iter().map(|(name, at)| (name.as_str(), at.strip_prefix(night.path()).unwrap())).collect();
        let expected = [("e2e/1", "e2e-2/1"), ("e2e/2", "e2e-2/2"), ("prove", "prove-10")];
        assert_eq!(found, expected.map(|(name, at)| (name, Path::new(at))));
        assert_eq!(&*find(&path).unwrap(), night.path().join("e2e-2/1"));
    }

    #[test]
    fn a_name_of_nothing_says_what_it_could_be() {
        let error = find("no-such-run").err().unwrap().to_string();
        assert!(error.contains("an archive") && error.contains("nightly"), "{error}");
    }
}
