//! A canned run as a directory: log, plan lock and evidence, as a real run leaves them.

use std::{fs, path::Path};

use mtls_core::evidence::{
    event::{Entry, Event},
    lock::Lock,
    log,
    store::Store,
};
use sha2::{Digest as _, Sha256};

/// Writes the run. Evidence is a line with the number of its event.
pub(crate) fn put(entries: &[Entry], directory: &Path) {
    fs::write(directory.join(log::FILE_NAME), log::spell(entries).unwrap()).unwrap();
    let store = Store::new(directory);
    for (number, entry) in entries.iter().enumerate() {
        match &entry.event {
            Event::Planned { plan } => Lock::of(run(entries), plan).write(directory).unwrap(),
            Event::Observed { sample, .. } if !sample.evidence.is_empty() => {
                assert_eq!(store.put(text(number).as_bytes(), "text/plain").unwrap(), sample.evidence[0]);
            }
            _ => {}
        }
    }
}

/// The name of the evidence for the event with this number.
pub(crate) fn digest(number: usize) -> String {
    hex::encode(Sha256::digest(text(number)))
}

fn text(number: usize) -> String {
    format!("evidence of event {number}\n")
}

fn run(entries: &[Entry]) -> &str {
    match &entries[0].event {
        Event::RunStarted { run, .. } => run,
        other => panic!("a run begins with {other:?}"),
    }
}
