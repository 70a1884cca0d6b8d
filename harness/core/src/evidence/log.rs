//! The event log `events.jsonl`: written once, event by event, and read back with all its flaws.
//!
//! The writer numbers events without gaps, chains them by hash (`chain.rs`) and hands each to the operating system
//! before it returns. The reader returns the events that can be read, and a [`Flaw`] for each defect.
//!
//! It does not judge, and it cannot detect a log that was replaced as a whole.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    chain::{self, Seal},
    event::{Entry, Event},
    flaw::Flaw,
    secret,
};

/// The name of the log inside a run directory.
pub const FILE_NAME: &str = "events.jsonl";

/// The only writer of a run's log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// `None` after a failed write: the file may end in half a line, which the next line would corrupt.
    file: Option<File>,
    next: u64,
    /// The hash of the line before the next one.
    before: String,
}

/// Why an event was not written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("{} cannot be created; a run never writes into an existing log, so choose a new run directory", path.display())]
    Create {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("event {seq} cannot be spelled as JSON")]
    Encode {
        seq: u64,
        #[source]
        source: serde_json::Error,
    },
    #[error("event {seq} cannot be written to {}; the record of this run is incomplete", path.display())]
    Write {
        path: PathBuf,
        seq: u64,
        #[source]
        source: io::Error,
    },
    #[error("event {seq} was not written: an earlier write to {} failed", path.display())]
    Closed { path: PathBuf, seq: u64 },
}

impl Log {
    /// Starts the log of the run with this id.
    ///
    /// # Errors
    /// When the file exists already or cannot be created.
    pub fn create(path: &Path, run: &str) -> Result<Self, LogError> {
        match OpenOptions::new().append(true).create_new(true).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file: Some(file), next: 0, before: chain::origin(run) }),
            Err(source) => Err(LogError::Create { path: path.to_owned(), source }),
        }
    }

    /// Appends an event that happens now.
    ///
    /// # Errors
    /// See [`Log::append_at`].
    pub fn append(&mut self, event: Event) -> Result<Entry, LogError> {
        self.append_at(Timestamp::now(), event)
    }

    /// Appends an event, with secrets withheld, and returns it as recorded.
    ///
    /// # Errors
    /// When the disk is full or gone. The log is closed from then on.
    pub fn append_at(&mut self, at: Timestamp, event: Event) -> Result<Entry, LogError> {
        let seq = self.next;
        let encode = |source| LogError::Encode { seq, source };
        let written = serde_json::to_value(Entry { seq, at, event }).map_err(encode)?;
        let public = secret::withhold(written);
        let entry = serde_json::from_value(public).map_err(encode)?;
        let sealed = chain::seal(&entry, &self.before).map_err(encode)?;

        let file = self.file.as_mut().ok_or_else(|| LogError::Closed { path: self.path.clone(), seq })?;
        if let Err(source) = file.write_all(format!("{}\n", sealed.line).as_bytes()).and_then(|()| file.flush()) {
            self.file = None;
            return Err(LogError::Write { path: self.path.clone(), seq, source });
        }
        self.next += 1;
        self.before = sealed.hash;
        Ok(entry)
    }
}

/// The text of a log with these events.
///
/// # Errors
/// When an entry cannot be spelled as JSON.
pub fn spell(entries: &[Entry]) -> Result<String, serde_json::Error> {
    let run = entries.first().map_or("", |entry| run_of(entry).unwrap_or_default());
    let mut before = chain::origin(run);
    let mut text = String::new();
    for entry in entries {
        let sealed = chain::seal(entry, &before)?;
        before = sealed.hash;
        text.push_str(&sealed.line);
        text.push('\n');
    }
    Ok(text)
}

/// Why an event log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the event log {} cannot be read; a run directory holds one named {FILE_NAME}", path.display())]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Reads a log as far as it can be read: the events that are as they were written, and the flaws of the rest.
///
/// # Errors
/// When there is no such file. A damaged file is not an error but has flaws.
pub fn read(path: &Path) -> Result<(Vec<Entry>, Vec<Flaw>), ReadError> {
    std::fs::read(path).map(|bytes| parse(&bytes)).map_err(|source| ReadError { path: path.to_owned(), source })
}

impl ReadError {
    /// The error of reading the log at this path.
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }
}

/// [`read`] for bytes that are in memory already.
#[must_use]
pub fn parse(bytes: &[u8]) -> (Vec<Entry>, Vec<Flaw>) {
    let mut found = Vec::new();
    let mut flaws = Vec::new();
    let mut unchained = None;
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, text)) = lines.next() {
        let (line, last) = (index + 1, lines.peek().is_none());
        if text.is_empty() && last {
            break;
        }
        match (serde_json::from_slice::<Entry>(text), chain::examine(text)) {
            (Ok(entry), Seal::Whole { before, hash }) => found.push(Found { line, entry, link: Some((before, hash)) }),
            (Ok(entry), Seal::None) => {
                unchained.get_or_insert(line);
                found.push(Found { line, entry, link: None });
            }
            (Ok(_), Seal::Edited) => flaws.push(Flaw::Edited { line }),
            (Err(_), _) if last => flaws.push(Flaw::Partial { line }),
            (Err(error), _) => flaws.push(Flaw::Corrupt { line, why: error.to_string() }),
        }
    }
    flaws.extend(unchained.map(|line| Flaw::Unchained { line }));
    let unused: Vec<usize> = flaws.iter().filter_map(Flaw::unused).collect();
    flaws.extend(misplaced(&found, &unused));
    (found.into_iter().map(|found| found.entry).collect(), flaws)
}

/// A line that is an event, with its own hash and that of the line before it.
struct Found {
    line: usize,
    entry: Entry,
    link: Option<(String, String)>,
}

/// The flaws of lines that are whole but misplaced. An event whose line is unused is not reported as missing too.
fn misplaced(found: &[Found], unused: &[usize]) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut known: BTreeMap<u64, &Found> = BTreeMap::new();
    for one in found {
        let (line, seq) = (one.line, one.entry.seq);
        if let Some(earlier) = known.get(&seq) {
            flaws.push(Flaw::Doubled { line, earlier: earlier.line, seq });
            continue;
        }
        if known.last_key_value().is_some_and(|(highest, _)| *highest > seq) {
            flaws.push(Flaw::Moved { line, seq });
        }
        known.insert(seq, one);
    }
    let mut expected = 0;
    for (seq, one) in &known {
        // Limited, because a sequence number can be arbitrarily large.
        let absent = (expected..*seq).filter(|seq| !unused.iter().any(|line| u64::try_from(*line) == Ok(seq + 1)));
        flaws.extend(absent.take(MAX_NAMED).map(|seq| Flaw::Missing { line: one.line, seq }));
        expected = seq.saturating_add(1);
        let before = match seq.checked_sub(1) {
            None => run_of(&one.entry).map(chain::origin),
            Some(before) => known.get(&before).and_then(|before| before.link.as_ref()).map(|(_, hash)| hash.clone()),
        };
        if let (Some(before), Some((claimed, _))) = (before, &one.link)
            && before != *claimed
        {
            flaws.push(Flaw::Foreign { line: one.line });
        }
    }
    flaws
}

/// The id of the run, if this event starts one.
pub(super) fn run_of(entry: &Entry) -> Option<&str> {
    match &entry.event {
        Event::RunStarted { run, .. } => Some(run),
        _ => None,
    }
}

/// Maximum number of missing events that are reported one by one.
const MAX_NAMED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::event::RunStatus;

    fn events(run: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let mut log = Log::create(&path, run).unwrap();
        let started = Event::RunStarted {
            run: run.to_owned(),
            harness: String::new(),
            world: String::new(),
            world_detail: String::new(),
            arguments: vec![],
        };
        log.append(started).unwrap();
        log.append(Event::ScenarioStarted { scenario: "strict/grid".to_owned() }).unwrap();
        log.append(Event::Leftover { what: "-----BEGIN PRIVATE KEY-----".to_owned() }).unwrap();
        log.append(Event::RunEnded { status: RunStatus::Complete }).unwrap();
        assert!(matches!(Log::create(&path, run), Err(LogError::Create { .. })));
        std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect()
    }

    fn flaws(lines: &[String]) -> Vec<Flaw> {
        parse((lines.join("\n") + "\n").as_bytes()).1
    }

    #[test]
    fn what_was_written_is_read_back_without_secrets() {
        let lines = events("one");
        let (entries, flaws) = parse(lines.join("\n").as_bytes());
        assert_eq!(flaws, []);
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(entries[2].event, Event::Leftover { what: secret::WITHHELD.to_owned() });
        assert_eq!(spell(&entries).unwrap(), lines.join("\n") + "\n");
    }

    #[test]
    fn every_flaw_is_named_with_its_line() {
        let whole = events("one");
        let changed = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            flaws(&lines)
        };
        let edit = |from: &str, to: &str| changed(&|lines| lines[1] = lines[1].replace(from, to));
        assert_eq!(edit("strict/grid", "strict/none"), [Flaw::Edited { line: 2 }]);
        assert_eq!(edit("\"seq\"", " \"seq\""), [Flaw::Edited { line: 2 }]);
        assert!(matches!(edit("scenario-started", "scenario")[0], Flaw::Corrupt { line: 2, .. }));
        assert_eq!(changed(&|lines| drop(lines.remove(2))), [Flaw::Missing { line: 3, seq: 2 }]);
        assert_eq!(changed(&|lines| lines.swap(1, 2)), [Flaw::Moved { line: 3, seq: 1 }]);
        let again = [Flaw::Doubled { line: 3, earlier: 2, seq: 1 }];
        assert_eq!(changed(&|lines| lines.insert(2, lines[1].clone())), again);
        let foreign = events("two");
        let strange = [Flaw::Foreign { line: 3 }, Flaw::Foreign { line: 4 }];
        assert_eq!(changed(&|lines| lines[2].clone_from(&foreign[2])), strange);
        assert_eq!(changed(&|lines| lines[0].clone_from(&foreign[0])), [Flaw::Foreign { line: 2 }]);
        let bare = |lines: &mut Vec<String>| {
            for line in lines {
                line.replace_range(line.find(",\"before\"").unwrap().., "}");
            }
        };
        assert_eq!(changed(&bare), [Flaw::Unchained { line: 1 }]);
    }

    #[test]
    fn a_cut_last_line_is_partial() {
        let text = events("one").join("\n");
        let (entries, flaws) = parse(&text.as_bytes()[..text.len() - 5]);
        assert_eq!(flaws, [Flaw::Partial { line: 4 }]);
        assert_eq!(entries.len(), 3);
    }

    #[test]
    fn a_failed_write_closes_the_log() {
        let file = Some(File::open("/dev/null").unwrap());
        let mut log = Log { path: PathBuf::from(FILE_NAME), file, next: 4, before: String::new() };
        let event = || Event::RunEnded { status: RunStatus::Complete };
        assert!(matches!(log.append(event()), Err(LogError::Write { seq: 4, .. })));
        assert!(matches!(log.append(event()), Err(LogError::Closed { seq: 4, .. })));
    }
}
