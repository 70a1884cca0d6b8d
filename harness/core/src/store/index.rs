//! The index of runs: one JSON line per run, appended when it ends.
//!
//! A line that cannot be read is named with its number and left out; the other lines stay usable. A lost index is rebuilt
//! from the folders of runs, without what only the command knew (its night and its commit).

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{log, record},
    verdict::{Judgement, Verdict, judge_record},
};

/// The name of the index inside the folder of the store.
const FILE_NAME: &str = "index.jsonl";

/// A run of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    pub run: String,
    /// When it started.
    pub at: Option<Timestamp>,
    /// The command: `e2e`, `prove` …
    pub kind: String,
    /// `kind`, `existing` or `loopback`.
    pub world: String,
    /// The commit of the working copy, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The nightly run that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub night: Option<String>,
    /// Exit code.
    pub exit: u8,
    /// Number of checks per verdict.
    pub counts: BTreeMap<Verdict, usize>,
    /// The folder of the record, absolute.
    pub path: PathBuf,
}

/// The entries that could be read, in the order of the file, and the lines that could not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    pub entries: Vec<IndexEntry>,
    pub damaged: Vec<Damaged>,
}

/// A line of the index that is no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: not an entry of the index ({why}); it is left out. `cargo xtask history --rebuild` makes the index anew", path.display())]
pub struct Damaged {
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    pub why: String,
}

/// Why the index cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the index of runs {} cannot be used", path.display())]
pub struct IndexError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl IndexEntry {
    /// The entry of a judged run whose record is in this folder.
    #[must_use]
    pub fn of(judgement: &Judgement, folder: &Path) -> Self {
        let mut counts = BTreeMap::new();
        for check in &judgement.checks {
            *counts.entry(check.verdict).or_insert(0) += 1;
        }
        Self {
            run: judgement.run.id.clone(),
            at: judgement.run.started,
            kind: judgement.run.arguments.first().cloned().unwrap_or_default(),
            world: judgement.run.world.clone(),
            commit: None,
            night: None,
            exit: judgement.exit.code(),
            counts,
            path: folder.to_owned(),
        }
    }
}

impl Index {
    /// Reads the index of this store; an absent one is empty.
    ///
    /// # Errors
    /// When there is a file that cannot be read. Damaged lines are no error.
    pub fn read(store: &Path) -> Result<Self, IndexError> {
        let path = store.join(FILE_NAME);
        match fs::read(&path) {
            Ok(bytes) => Ok(Self::parse(&bytes, &path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(IndexError { path, source }),
        }
    }

    fn parse(bytes: &[u8], path: &Path) -> Self {
        let mut index = Self::default();
        for (number, text) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, text)| !text.is_empty()) {
            match serde_json::from_slice::<IndexEntry>(text) {
                // A run that is entered again, such as one that was imported, replaces its entry.
                Ok(entry) => {
                    index.entries.retain(|known| known.run != entry.run);
                    index.entries.push(entry);
                }
                Err(error) => {
                    index.damaged.push(Damaged { path: path.to_owned(), line: number + 1, why: error.to_string() });
                }
            }
        }
        index
    }

    /// Appends an entry in one write, so that runs that end at the same time do not mix their lines.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(store: &Path, entry: &IndexEntry) -> Result<(), IndexError> {
        let path = store.join(FILE_NAME);
        let line = spelled(entry).map_err(|source| IndexError { path: path.clone(), source })?;
        let ends_in_a_line = fs::read(&path).map_or(true, |bytes| bytes.last().is_none_or(|last| *last == b'\n'));
        // Half a line of a killed process must not swallow this one.
        let line = if ends_in_a_line { line } else { format!("\n{line}") };
        fs::create_dir_all(store)
            .and_then(|()| OpenOptions::new().append(true).create(true).open(&path))
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|source| IndexError { path, source })
    }

    /// Makes the index anew from the records below these folders, in the order of their start. What the old index knew
    /// of a run beyond its record is kept. Returns the new index.
    ///
    /// # Errors
    /// When a folder cannot be read or the index cannot be written.
    pub fn rebuild(store: &Path, folders: &[PathBuf]) -> Result<Self, IndexError> {
        let path = store.join(FILE_NAME);
        let fail = |source| IndexError { path: path.clone(), source };
        let old = Self::read(store)?;
        let mut records = Vec::new();
        for folder in folders {
            find_records(folder, &mut records).map_err(fail)?;
        }
        records.extend(old.entries.iter().map(|entry| entry.path.clone()).filter(|path| path.is_dir()));
        let mut entries: Vec<IndexEntry> = Vec::new();
        for folder in records {
            let Ok(record) = record::read(&folder) else { continue };
            let mut entry = IndexEntry::of(&judge_record(&record), &folder);
            if let Some(known) = old.entries.iter().find(|known| known.run == entry.run) {
                entry.commit.clone_from(&known.commit);
                entry.night.clone_from(&known.night);
            }
            if entries.iter().all(|known| known.run != entry.run) {
                entries.push(entry);
            }
        }
        entries.sort_by(|one, other| (one.at, &one.run).cmp(&(other.at, &other.run)));
        let mut text = String::new();
        for entry in &entries {
            text += &spelled(entry).map_err(fail)?;
        }
        fs::create_dir_all(store)
            .and_then(|()| crate::evidence::file::replace(&path, text.as_bytes()))
            .map_err(fail)?;
        Ok(Self { entries, damaged: Vec::new() })
    }

    /// The newest run in a world of this kind.
    #[must_use]
    pub fn last_in(&self, world: &str) -> Option<&IndexEntry> {
        self.entries.iter().filter(|entry| entry.world == world).max_by_key(|entry| (entry.at, entry.run.clone()))
    }
}

fn spelled(entry: &IndexEntry) -> io::Result<String> {
    Ok(serde_json::to_string(entry)? + "\n")
}

/// Every folder with a log, at any depth; links are not followed. A record has no records inside.
fn find_records(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.join(log::FILE_NAME).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut inside = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            inside.push(entry.path());
        }
    }
    inside.sort();
    inside.iter().try_for_each(|folder| find_records(folder, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(run: &str, world: &str) -> IndexEntry {
        IndexEntry {
            run: run.to_owned(),
            at: "2026-11-24T10:15:00Z".parse().ok(),
            kind: "e2e".to_owned(),
            world: world.to_owned(),
            commit: Some("abc".to_owned()),
            night: None,
            exit: 0,
            counts: BTreeMap::from([(Verdict::Pass, 3)]),
            path: PathBuf::from("/runs").join(run),
        }
    }

    #[test]
    fn what_was_entered_is_read_back() {
        let store = tempfile::tempdir().unwrap();
        assert_eq!(Index::read(store.path()).unwrap(), Index::default());
        let entries = [entry("one", "kind"), entry("two", "loopback"), entry("three", "kind")];
        for entry in &entries {
            Index::append(store.path(), entry).unwrap();
        }
        let index = Index::read(store.path()).unwrap();
        assert_eq!((index.entries.as_slice(), index.damaged.len()), (&entries[..], 0));
        assert_eq!(index.last_in("loopback").unwrap().run, "two");
        assert!(index.last_in("existing").is_none());
    }

    #[test]
    fn a_damaged_line_is_named_and_the_others_stay() {
        let store = tempfile::tempdir().unwrap();
        Index::append(store.path(), &entry("one", "kind")).unwrap();
        let path = store.path().join(FILE_NAME);
        let mut text = fs::read_to_string(&path).unwrap() + "{\"run\": 3}\n";
        // The writer was killed in the middle of a line.
        text.push_str("{\"run\":\"cut\",\"at");
        fs::write(&path, text).unwrap();
        Index::append(store.path(), &entry("two", "kind")).unwrap();
        let index = Index::read(store.path()).unwrap();
        assert_eq!(index.entries.iter().map(|entry| entry.run.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(index.damaged.iter().map(|damaged| damaged.line).collect::<Vec<_>>(), [2, 3]);
        assert!(index.damaged[0].to_string().contains("index.jsonl:2: "), "{}", index.damaged[0]);
    }
}
