//! The streams of one running scenario, by the name that it gives them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::reading::Reading;
use crate::traffic::StreamSpec;

/// A stream, running or ended.
pub(super) struct Stream {
    pub(super) asked: StreamSpec,
    /// The cast member whose log is the other half.
    pub(super) server: String,
    pub(super) since: Timestamp,
    pub(super) reading: Reading,
    pub(super) marked: BTreeSet<String>,
}

/// Every stream that was started.
#[derive(Default)]
pub(super) struct Streams(Mutex<BTreeMap<String, Stream>>);

impl Streams {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
