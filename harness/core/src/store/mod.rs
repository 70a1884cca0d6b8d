//! The run store: an index of recorded runs, what a check did over them, and runs as one file.
//!
//! Input: run folders and the index, which is append-only JSON lines. Output: entries, histories, archives. The records
//! are what counts: the index only finds them, and is rebuilt from them. It judges nothing itself.

mod archive;
mod history;
mod index;

pub use archive::{ArchiveError, Limits, export, import};
pub use history::{Group, History, Seen, histories};
pub use index::{Damaged, Index, IndexEntry, IndexError};
