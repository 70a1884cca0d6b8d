//! A damaged or partial record is refused with the reason and never compared.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mtls_core::{
    evidence::{
        event::{Event, RunStatus},
        lock, log,
        record::{self, Record},
        store,
    },
    report::{JudgedRun, Unusable},
};

use crate::runs::{canned, folder::put, moved};

/// Damages the files of a run.
type Damage = fn(&Path);

/// Reads a run directory as the command does.
fn read(directory: &Path) -> Result<JudgedRun, Unusable> {
    JudgedRun::of(&record::read(directory).unwrap())
}

#[test]
fn a_record_that_is_whole_is_used() {
    let directory = tempfile::tempdir().unwrap();
    put(&moved::after(), directory.path());
    assert!(read(directory.path()).is_ok());
}

#[test]
fn a_record_that_is_damaged_or_partial_is_refused_with_the_reason() {
    let damage: [(&str, Damage); 6] = [
        ("line 40 of the event log was edited", |run| {
            rewrite(run, |lines| lines[39] = lines[39].replacen("\"at\":\"2026", "\"at\":\"2025", 1));
        }),
        ("event 39 is missing", |run| rewrite(run, |lines| drop(lines.remove(39)))),
        ("it ends before the run does", |run| rewrite(run, |lines| drop(lines.pop()))),
        ("the plan lock is missing", |run| fs::remove_file(run.join(lock::FILE_NAME)).unwrap()),
        ("production.injected.http is missing", |run| fs::remove_file(first_evidence(run)).unwrap()),
        ("production.injected.http was changed", |run| fs::write(first_evidence(run), "else").unwrap()),
    ];
    for (words, damage) in damage {
        let directory = tempfile::tempdir().unwrap();
        put(&moved::after(), directory.path());
        damage(directory.path());
        let refused = read(directory.path()).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

#[test]
fn a_run_that_never_reached_its_checks_is_refused_with_the_reason() {
    let refused = |name: &str| {
        let run = canned::all().into_iter().find(|run| run.name == name).unwrap();
        JudgedRun::of(&Record::of(run.entries)).map(|_| ()).unwrap_err()
    };
    assert_eq!(refused("interrupted"), Unusable::Partial);
    let refused = refused("no-world");
    assert!(refused.to_string().contains("node mtls-e2e-control-plane not ready"), "{refused}");
    let mut stopped = moved::after();
    if let Some(Event::RunEnded { status }) = stopped.last_mut().map(|entry| &mut entry.event) {
        *status = RunStatus::Interrupted;
    }
    assert_eq!(JudgedRun::of(&Record::of(stopped)).map(|_| ()), Err(Unusable::Interrupted));
    let mut planless = moved::after();
    planless.retain(|entry| !matches!(entry.event, Event::Planned { .. } | Event::Observed { .. }));
    for (seq, entry) in (0..).zip(&mut planless) {
        entry.seq = seq;
    }
    assert_eq!(JudgedRun::of(&Record::of(planless)).map(|_| ()), Err(Unusable::Planless));
}

fn rewrite(run: &Path, change: fn(&mut Vec<String>)) {
    let path = run.join(log::FILE_NAME);
    let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn first_evidence(run: &Path) -> PathBuf {
    let record = record::read(run).unwrap();
    let digests = record.entries.iter().find_map(|entry| match &entry.event {
        Event::Observed { sample, .. } => sample.evidence.first(),
        _ => None,
    });
    run.join(store::relative_path(digests.unwrap()))
}
