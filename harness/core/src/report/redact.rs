//! Removes secrets from a record. Every renderer reads a record through this module.

use crate::evidence::{event::Entry, flaw::Flaw, record::Record, secret::withhold};

/// A record without private keys and tokens. Reports can only be made from this type.
#[derive(Clone, Debug)]
pub struct PublicRecord(Record);

impl PublicRecord {
    /// Replaces every text that holds a secret. An entry that cannot be written without it becomes a flaw.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let mut public = Record {
            entries: Vec::with_capacity(record.entries.len()),
            flaws: record.flaws.clone(),
            lock: record.lock.clone(),
        };
        for (index, entry) in record.entries.iter().enumerate() {
            match without_secrets(entry) {
                Ok(entry) => public.entries.push(entry),
                Err(error) => public.flaws.push(Flaw::Corrupt { line: index + 1, why: error.to_string() }),
            }
        }
        Self(public)
    }

    /// The redacted record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.0
    }
}

fn without_secrets(entry: &Entry) -> Result<Entry, serde_json::Error> {
    serde_json::from_value(withhold(serde_json::to_value(entry)?))
}
