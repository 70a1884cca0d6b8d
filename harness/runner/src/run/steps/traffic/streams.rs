//! The streams of one running scenario, by their ids in the scenario.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use super::reading::Reading;
use crate::traffic::StreamSpec;

/// A stream, running or ended.
pub(super) struct Stream {
    pub(super) asked: StreamSpec,
    /// The participant whose log is the other side of the ledger.
    pub(super) server: String,
    pub(super) since: Timestamp,
    pub(super) reading: Reading,
    pub(super) marked: BTreeSet<String>,
}

/// Every stream that the scenario has started.
#[derive(Default)]
pub(super) struct Streams(Mutex<BTreeMap<String, Stream>>);

impl Streams {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Stream>> {
        self.0.lock()
    }
}
