//! Faults that many scenarios may use in their sabotages. They are read and resolved elsewhere.

use std::collections::BTreeMap;

use super::Change;

/// Every change, by name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    pub(in crate::scenario) changes: BTreeMap<String, Entry>,
}

/// A change with its own values.
#[derive(Clone, Debug)]
pub struct Entry {
    pub title: String,
    pub change: Change,
    /// As written, to be resolved with other values.
    pub(in crate::scenario) text: String,
}

impl Library {
    /// The changes with their own values, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.changes.iter().map(|(name, entry)| (name.as_str(), entry))
    }
}
