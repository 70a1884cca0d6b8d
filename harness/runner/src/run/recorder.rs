//! The only writer of a run's record, shared by all scenarios that run at the same time.

use mtls_core::evidence::{
    event::{Entry, Event},
    lock::Lock,
    log::{Log, LogError},
    plan::Plan,
    store::{Store, StoreError},
};
use parking_lot::Mutex;

/// Writes events and evidence, and passes each event to a listener (the terminal).
pub struct Recorder {
    log: Mutex<Log>,
    store: Store,
    listener: Box<dyn Fn(&Entry) + Send + Sync>,
    failure: Mutex<Option<String>>,
}

impl Recorder {
    pub fn new(log: Log, store: Store, listener: Box<dyn Fn(&Entry) + Send + Sync>) -> Self {
        Self { log: Mutex::new(log), store, listener, failure: Mutex::new(None) }
    }

    /// Records an event. A failed write makes the whole run `broken`: see [`Recorder::failure`].
    pub fn emit(&self, event: Event) {
        let written: Result<Entry, LogError> = self.log.lock().append(event);
        match written {
            Ok(entry) => (self.listener)(&entry),
            Err(error) => self.fail(chain(&error)),
        }
    }

    /// Writes the plan to its lock file and to the log. The caller does this before the first step.
    pub fn promise(&self, run: &str, plan: Plan) {
        if let Err(error) = self.store.lock(&Lock::of(run, &plan)) {
            self.fail(chain(&error));
        }
        self.emit(Event::Planned { plan });
    }

    /// Stores a file as evidence of a scenario and returns its digest. The list is empty when the file holds a secret
    /// ([`Event::EvidenceWithheld`]) or cannot be written ([`Recorder::failure`]).
    pub fn put(&self, scenario: &str, bytes: &[u8], media_type: &str) -> Vec<String> {
        match self.store.put(bytes, media_type) {
            Ok(digest) => vec![digest],
            Err(StoreError::Secret { media_type }) => {
                let bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.emit(Event::EvidenceWithheld { scenario: scenario.to_owned(), media_type, bytes });
                Vec::new()
            }
            Err(error) => {
                self.fail(chain(&error));
                Vec::new()
            }
        }
    }

    /// Why the record is incomplete; `None` while it is complete.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().clone()
    }

    fn fail(&self, reason: String) {
        self.failure.lock().get_or_insert(reason);
    }
}

/// An error with all its sources in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let next = current.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = current.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtls_core::evidence::log;

    #[test]
    fn withheld_evidence_is_recorded_and_not_stored() {
        let run = tempfile::tempdir().unwrap();
        let path = run.path().join(log::FILE_NAME);
        let log = Log::create(&path, "run").unwrap();
        let recorder = Recorder::new(log, Store::new(run.path()), Box::new(|_| ()));
        let key = b"-----BEGIN PRIVATE KEY-----\nMC4C";
        assert_eq!(recorder.put("a/b", key, "application/x-pem-file"), Vec::<String>::new());
        assert_eq!(recorder.put("a/b", b"public", "text/plain").len(), 1);
        assert_eq!(recorder.failure(), None);
        let (entries, flaws) = log::read(&path).unwrap();
        let withheld = Event::EvidenceWithheld {
            scenario: "a/b".to_owned(),
            media_type: "application/x-pem-file".to_owned(),
            bytes: 32,
        };
        assert_eq!(entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>(), [withheld]);
        assert_eq!(flaws, []);
    }
}
