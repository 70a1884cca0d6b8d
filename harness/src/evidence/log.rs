//! The event log `events.jsonl`: written once, event by event, and read back with every flaw named.
//!
//! The writer numbers events without gaps and hands each to the operating system before it returns. The reader returns
//! what can be read and says precisely what cannot.
//!
//! It does not judge, and it does not prove that nobody edited a line into another valid one.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    event::{Entry, Event},
    secret,
};

/// The name of the log inside a run directory.
pub const FILE_NAME: &str = "events.jsonl";

/// The only writer of a run's log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// `None` after a failed write: the file may end in half a line, and whatever follows would corrupt it.
    file: Option<File>,
    next: u64,
}

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
    /// Starts the log of a run.
    ///
    /// # Errors
    /// When the file exists already or cannot be created.
    pub fn create(path: &Path) -> Result<Self, LogError> {
        match OpenOptions::new().append(true).create_new(true).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file: Some(file), next: 0 }),
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
        let mut line = serde_json::to_vec(&public).map_err(encode)?;
        line.push(b'\n');
        let entry = serde_json::from_value(public).map_err(encode)?;

        let file = self.file.as_mut().ok_or_else(|| LogError::Closed { path: self.path.clone(), seq })?;
        if let Err(source) = file.write_all(&line).and_then(|()| file.flush()) {
            self.file = None;
            return Err(LogError::Write { path: self.path.clone(), seq, source });
        }
        self.next += 1;
        Ok(entry)
    }
}

/// What could be read of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub entries: Vec<Entry>,
    pub flaws: Vec<Flaw>,
}

/// Something wrong with the file itself. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A line that is no event, with whole lines after it.
    Corrupt { line: usize, why: String },
    /// A sequence number other than the one that had to follow.
    Gap { line: usize, expected: u64, found: u64 },
    /// The last line ends in its middle: the writer was stopped while writing.
    Partial { line: usize },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { line, why } => write!(f, "line {line} of the event log is not an event: {why}"),
            Self::Gap { line, expected, found } => {
                write!(f, "line {line} of the event log has sequence number {found} where {expected} had to follow")
            }
            Self::Partial { line } => {
                write!(f, "line {line} of the event log is cut off: the writer was stopped while writing it")
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the event log {} cannot be read; a run directory holds one named {FILE_NAME}", path.display())]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Reads a log as far as it can be read.
///
/// # Errors
/// When there is no such file. A damaged file is not an error but a [`Record`] with flaws.
pub fn read(path: &Path) -> Result<Record, ReadError> {
    std::fs::read(path).map(|bytes| parse(&bytes)).map_err(|source| ReadError { path: path.to_owned(), source })
}

/// [`read`] for bytes that are in memory already.
#[must_use]
pub fn parse(bytes: &[u8]) -> Record {
    let mut record = Record::default();
    let mut expected = 0;
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, text)) = lines.next() {
        let (line, last) = (index + 1, lines.peek().is_none());
        if text.is_empty() && last {
            break;
        }
        match serde_json::from_slice::<Entry>(text) {
            Ok(entry) => {
                if entry.seq != expected {
                    record.flaws.push(Flaw::Gap { line, expected, found: entry.seq });
                }
                expected = entry.seq + 1;
                record.entries.push(entry);
            }
            Err(_) if last => record.flaws.push(Flaw::Partial { line }),
            Err(error) => record.flaws.push(Flaw::Corrupt { line, why: error.to_string() }),
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::event::RunStatus;

    fn three_events() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let mut log = Log::create(&path).unwrap();
        log.append(Event::ScenarioStarted { scenario: "strict/grid".to_owned() }).unwrap();
        log.append(Event::Leftover { what: "-----BEGIN PRIVATE KEY-----".to_owned() }).unwrap();
        log.append(Event::RunEnded { status: RunStatus::Complete }).unwrap();
        assert!(matches!(Log::create(&path), Err(LogError::Create { .. })));
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back_without_secrets() {
        let record = parse(&three_events());
        assert_eq!(record.flaws, []);
        assert_eq!(record.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(record.entries[1].event, Event::Leftover { what: secret::WITHHELD.to_owned() });
    }

    #[test]
    fn a_cut_last_line_is_partial() {
        let bytes = three_events();
        let record = parse(&bytes[..bytes.len() - 5]);
        assert_eq!(record.flaws, [Flaw::Partial { line: 3 }]);
        assert_eq!(record.entries.len(), 2);
    }

    #[test]
    fn a_damaged_middle_line_is_corrupt_and_leaves_a_gap() {
        let text = String::from_utf8(three_events()).unwrap().replace("leftover", "left");
        let record = parse(text.as_bytes());
        assert!(matches!(
            record.flaws[..],
            [Flaw::Corrupt { line: 2, .. }, Flaw::Gap { line: 3, expected: 1, found: 2 }]
        ));
    }

    #[test]
    fn a_removed_line_is_a_gap() {
        let text = String::from_utf8(three_events()).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("leftover")).collect();
        assert_eq!(parse(kept.join("\n").as_bytes()).flaws, [Flaw::Gap { line: 2, expected: 1, found: 2 }]);
    }

    #[test]
    fn a_failed_write_closes_the_log() {
        let mut log = Log { path: PathBuf::from(FILE_NAME), file: Some(File::open("/dev/null").unwrap()), next: 4 };
        let event = || Event::RunEnded { status: RunStatus::Complete };
        assert!(matches!(log.append(event()), Err(LogError::Write { seq: 4, .. })));
        assert!(matches!(log.append(event()), Err(LogError::Closed { seq: 4, .. })));
    }
}
