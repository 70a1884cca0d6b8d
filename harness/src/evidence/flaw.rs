//! What can be wrong with a record itself, in words that name the place.

use std::fmt;

/// Something wrong with the files of a run. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A line that is no event, with whole lines after it.
    Corrupt { line: usize, why: String },
    /// A line with the number of an event that an earlier line has.
    Doubled { line: usize, earlier: usize, seq: u64 },
    /// A line that is not what its hash was taken of. What it says now is not used.
    Edited { line: usize },
    /// Evidence that is not what its name is the hash of.
    EvidenceChanged { digest: String, check: String },
    /// Evidence that the log names and that is not there.
    EvidenceMissing { digest: String, check: String },
    /// A line that was written after another one than the one before it.
    Foreign { line: usize },
    /// The plan lock and the plan in the log are not of one run.
    LockDiffers { why: String },
    /// There is a plan and no plan lock.
    LockMissing,
    /// The plan lock cannot be used.
    LockUnusable { why: String },
    /// An event that is not there. `line` is the one that should have followed it.
    Missing { line: usize, seq: u64 },
    /// A line that stands behind one that was written later.
    Moved { line: usize, seq: u64 },
    /// The last line ends in its middle: the writer was stopped while writing.
    Partial { line: usize },
    /// The first of the lines that carry no hash.
    Unchained { line: usize },
}

/// How much of a record a flaw makes unbelievable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoils<'a> {
    /// Nobody knows what the rest is missing.
    Everything,
    /// Checks that rest on this file.
    Evidence(&'a str),
    /// What is there is as it was written.
    Nothing,
}

impl Flaw {
    /// The line whose event is not used, if it is that.
    pub(super) fn unused(&self) -> Option<usize> {
        match self {
            Self::Corrupt { line, .. } | Self::Edited { line } => Some(*line),
            _ => None,
        }
    }

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
