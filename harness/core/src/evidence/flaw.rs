//! Flaws of a record's files, each with its place.

use std::fmt;

/// A flaw of a run's files. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A line that is no event and not the last.
    Corrupt { line: usize, why: String },
    /// A line with the event number of an earlier line.
    Doubled { line: usize, earlier: usize, seq: u64 },
    /// A line that differs from the text that was hashed. Its event is not used.
    Edited { line: usize },
    /// Evidence whose content has another hash than its name.
    EvidenceChanged { digest: String, check: String },
    /// Evidence that the log names and that does not exist.
    EvidenceMissing { digest: String, check: String },
    /// A line whose predecessor, by its hash, is not the line before it.
    Foreign { line: usize },
    /// The plan lock does not match the plan in the log.
    LockDiffers { why: String },
    /// The log has a plan, and there is no plan lock.
    LockMissing,
    /// The plan lock cannot be used.
    LockUnusable { why: String },
    /// An event that the log lacks. `line` is the line that should have followed it.
    Missing { line: usize, seq: u64 },
    /// A line that stands after a line that was written later.
    Moved { line: usize, seq: u64 },
    /// The last line is cut off: the writer was stopped while writing.
    Partial { line: usize },
    /// The first line without a hash.
    Unchained { line: usize },
}

/// The part of a record that a flaw makes unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoils<'a> {
    /// The whole record: what is missing is unknown.
    Everything,
    /// The checks that rest on this file, by its digest.
    Evidence(&'a str),
    /// Nothing: the remaining lines are as they were written.
    Nothing,
}

impl Flaw {
    /// The line whose event is not used, if the flaw has one.
    pub(super) fn unused(&self) -> Option<usize> {
        match self {
            Self::Corrupt { line, .. } | Self::Edited { line } => Some(*line),
            _ => None,
        }
    }

    /// The part of the record that the flaw makes unusable.
    #[must_use]
    pub fn spoils(&self) -> Spoils<'_> {
        match self {
            Self::EvidenceChanged { digest, .. } | Self::EvidenceMissing { digest, .. } => Spoils::Evidence(digest),
            Self::Partial { .. } => Spoils::Nothing,
            _ => Spoils::Everything,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { line, why } => write!(f, "line {line} of the event log is not an event: {why}"),
            Self::Doubled { line, earlier, seq } => {
                write!(f, "line {line} of the event log has the number of line {earlier}, {seq}")
            }
            Self::Edited { line } => {
                write!(f, "line {line} of the event log was edited: it is not what its hash was taken of")
            }
            Self::EvidenceChanged { digest, check } => {
                write!(f, "evidence {digest} of {check} was changed: it has another hash than its name")
            }
            Self::EvidenceMissing { digest, check } => write!(f, "evidence {digest} of {check} is missing"),
            Self::Foreign { line } => {
                write!(f, "line {line} of the event log does not follow the line before it: one of them is foreign")
            }
            Self::LockDiffers { why } => write!(f, "the plan lock is not that of this record: {why}"),
            Self::LockMissing => f.write_str("the plan lock is missing"),
            Self::LockUnusable { why } => write!(f, "the plan lock cannot be used: {why}"),
            Self::Missing { line, seq } => {
                write!(f, "the record is incomplete: event {seq} is missing before line {line} of the event log")
            }
            Self::Moved { line, seq } => {
                write!(f, "line {line} of the event log is out of order: event {seq} was written earlier")
            }
            Self::Partial { line } => {
                write!(f, "line {line} of the event log is cut off: the writer was stopped while writing it")
            }
            Self::Unchained { line } => {
                write!(f, "line {line} of the event log carries no hash: nothing shows that it is as it was written")
            }
        }
    }
}
