//! Renders canned runs and compares with what was accepted. No cluster, no clock, milliseconds.

mod runs;

use harness::{
    evidence::log,
    verdict::{Verdict, judge},
};

#[test]
fn every_canned_run_has_its_exit_code() {
    for canned in runs::canned::all() {
        let judgement = judge(&canned.entries);
        assert_eq!(judgement.exit.code(), canned.exit, "{}: {:#?}", canned.name, judgement.decision);
    }
}

#[test]
fn every_verdict_that_a_record_can_lead_to_occurs() {
    let runs = runs::canned::all();
    let seen: Vec<Verdict> =
        runs.iter().flat_map(|run| judge(&run.entries).checks).map(|check| check.verdict).collect();
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Waived) {
        assert!(seen.contains(&verdict), "no canned run has a check that is {}", verdict.word());
    }
}

/// The stored files are what the builder writes; `WRITE_RUNS=1 cargo test -p harness --test snapshots` writes them anew.
#[test]
fn the_stored_logs_are_those_of_the_builder() {
    for canned in runs::canned::all() {
        let path = format!("{}/tests/runs/{}.jsonl", env!("CARGO_MANIFEST_DIR"), canned.name);
        let lines: String = canned.entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
        if std::env::var_os("WRITE_RUNS").is_some() {
            std::fs::write(&path, &lines).unwrap();
        }
        let stored = std::fs::read(&path).unwrap_or_default();
        assert!(stored == lines.as_bytes(), "{path} differs from the builder; write it anew with WRITE_RUNS=1");
        assert_eq!(log::parse(&stored), log::Record { entries: canned.entries, flaws: vec![] });
    }
}
