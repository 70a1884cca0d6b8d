//! A run directory as the judge reads it: the events, the plan lock, and the flaws of the files.
//!
//! Input: the directory. Output: a [`Record`]. The judge decides what a flaw means for a verdict.

use std::{collections::BTreeMap, fs, io, path::Path};

use super::{
    digest::sha256,
    event::{Entry, Event},
    flaw::Flaw,
    lock::{self, Lock},
    log::{self, ReadError},
    plan::Plan,
    store,
};

/// The readable part of a run, with its flaws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub entries: Vec<Entry>,
    pub flaws: Vec<Flaw>,
    /// `None` for events that were never written to a directory.
    pub lock: Option<Lock>,
}

impl Record {
    /// A record of these events, without files.
    #[must_use]
    pub fn of(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// The digests of the evidence that the log names, in order.
    pub fn evidence(&self) -> impl Iterator<Item = &str> {
        named(&self.entries).into_keys()
    }

    /// The plan of the run, unless the log has lost it.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        plan_of(&self.entries)
    }
}

/// Reads a run directory as far as it can be read: its log, its plan lock, and whether its evidence is unchanged.
///
/// # Errors
/// When there is no log. Damage is not an error but makes flaws.
pub fn read(run_dir: &Path) -> Result<Record, ReadError> {
    read_with(&|name| fs::read(run_dir.join(name)))
        .map_err(|source| ReadError::new(&run_dir.join(log::FILE_NAME), source))
}

/// [`read`] for files that are somewhere else: `file` reads the one with this name, relative to the run directory.
///
/// # Errors
/// When there is no log.
pub fn read_with(file: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> io::Result<Record> {
    let (entries, mut flaws) = log::parse(&file(log::FILE_NAME)?);
    let lock = match lock::of_file(file(lock::FILE_NAME)) {
        Ok(lock) => lock,
        Err(why) => {
            flaws.push(Flaw::LockUnusable { why });
            None
        }
    };
    if flaws.iter().all(|flaw| !matches!(flaw, Flaw::LockUnusable { .. })) {
        flaws.extend(compare(&entries, lock.as_ref()));
    }
    flaws.extend(evidence(&entries, file));
    Ok(Record { entries, flaws, lock })
}

/// Whether plan and lock belong together.
fn compare(entries: &[Entry], lock: Option<&Lock>) -> Option<Flaw> {
    let plan = plan_of(entries);
    let differs = |why: String| Some(Flaw::LockDiffers { why });
    match (plan, lock) {
        (None, None) => None,
        (Some(_), None) => Some(Flaw::LockMissing),
        (None, Some(lock)) => differs(format!("the log has lost its plan of {} checks", lock.checks.len())),
        (Some(plan), Some(lock)) => match entries.iter().find_map(log::run_of) {
            Some(run) if run != lock.run => differs(format!("it is that of run {}", lock.run)),
            _ if lock::digest(plan) != lock.plan => differs(changed(plan, lock)),
            _ => None,
        },
    }
}

fn plan_of(entries: &[Entry]) -> Option<&Plan> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Planned { plan } => Some(plan),
        _ => None,
    })
}

fn changed(plan: &Plan, lock: &Lock) -> String {
    let checks: usize = plan.every().map(|scenario| scenario.checks.len()).sum();
    format!("it is of another plan than the log's, with {} checks and not {checks}", lock.checks.len())
}

/// The flaws of the evidence that the log names. Each file is examined once, for the first check that rests on it.
fn evidence(entries: &[Entry], file: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> Vec<Flaw> {
    let flaw = |(digest, check): (&str, &str)| {
        let (digest, check) = (digest.to_owned(), check.to_owned());
        match file(&store::relative_path(&digest)) {
            Ok(bytes) if sha256(&bytes) == digest => None,
            Ok(_) => Some(Flaw::EvidenceChanged { digest, check }),
            Err(_) => Some(Flaw::EvidenceMissing { digest, check }),
        }
    };
    named(entries).into_iter().filter_map(flaw).collect()
}

/// The digests of the evidence that the log names, each with the first check that rests on it.
fn named(entries: &[Entry]) -> BTreeMap<&str, &str> {
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries {
        if let Event::Observed { check, sample, .. } = &entry.event {
            for digest in &sample.evidence {
                named.entry(digest).or_insert(check);
            }
        }
    }
    named
}
