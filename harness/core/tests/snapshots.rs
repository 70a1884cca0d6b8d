//! Renders canned runs and compares the reports with accepted snapshots. No cluster, no clock, milliseconds.
//!
//! Accepted snapshots are in `reports/snapshots`; `cargo insta review` accepts new ones. `WRITE_RUNS=1` updates the
//! stored logs and the published schema. JSON and table of every run are accepted; page, `JUnit` and summary only of runs
//! that together show all there is to show, because nobody reads a hundred changed files.

#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod runs;

use std::collections::BTreeSet;

use mtls_core::{
    catalogue::waivers_schema,
    certificate::profile,
    evidence::{event::Entry, log, plan::Plan, record::Record},
    report::{Color, Page, PublicRecord, Report, Rows, Style, html, json, junit, schema, summary, table},
    verdict::{Proof, Verdict, judge, proven_before},
};
use serde_json::{Value, json};

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
    for verdict in Verdict::ALL {
        assert!(seen.contains(&verdict), "no canned run has a check that is {}", verdict.word());
    }
}

#[test]
fn the_stored_logs_are_those_of_the_builder() {
    for canned in runs::canned::all() {
        let lines = log::spell(&canned.entries).unwrap();
        let stored = written(&format!("harness/core/tests/runs/{}.jsonl", canned.name), &lines);
        assert_eq!(log::parse(stored.as_bytes()), (canned.entries, vec![]));
    }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    written("reports/report.schema.json", &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"));
    written("scenarios/profiles.schema.json", &profile::schema_text());
    written("reports/waivers.schema.json", &(serde_json::to_string_pretty(&waivers_schema()).unwrap() + "\n"));
}

#[test]
fn reports_of_all_runs() {
    for canned in runs::canned::all() {
        snapshot(canned.name, &Record::of(canned.entries));
    }
}

#[test]
fn reports_of_damaged_logs() {
    let lines = log::spell(&runs::canned::all_green()).unwrap();
    let record = |text: &str| {
        let (entries, flaws) = log::parse(text.as_bytes());
        Record { entries, flaws, lock: None }
    };
    // The writer was stopped in the middle of a line.
    snapshot("truncated", &record(&lines[..lines.len() - 20]));
    // One outcome was replaced by another.
    snapshot("edited", &record(&lines.replacen("\"outcome\":\"reset\"", "\"outcome\":\"closed-early\"", 1)));
}

/// Runs that together have every verdict, and fill every field of the page that any run fills. Their reports are accepted in all formats.
const SHOWN: [&str; 10] =
    ["rich", "over-time", "cases", "toothless", "wild", "vacuous", "unknown-outcome", "waived", "grid-fail", "ended"];

#[test]
fn the_runs_that_are_shown_in_every_format_show_everything() {
    let (mut all, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for canned in runs::canned::all() {
        let mut found = BTreeSet::new();
        let (report, _) = Report::of(&PublicRecord::of(&Record::of(canned.entries)));
        filled(&serde_json::to_value(Page::of(&report)).unwrap(), "page", &mut found);
        found.extend(report.checks.iter().map(|check| check.verdict.word().to_owned()));
        if SHOWN.contains(&canned.name) {
            shown.extend(found.clone());
        }
        all.extend(found);
    }
    let missing: Vec<_> = all.difference(&shown).collect();
    assert!(missing.is_empty(), "add a run to SHOWN that has {missing:?}");
}

/// The paths of all values that are there, with `#` for every item of a list.
fn filled(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::Array(items) => items.iter().for_each(|item| filled(item, &format!("{path}.#"), found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| filled(value, &format!("{path}.{key}"), found)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(path.to_owned());
        }
    }
}

/// The JSON without the details of each check, and the table; of [`SHOWN`] also `JUnit`, the summary, and the page as the data of its template.
fn snapshot(name: &str, record: &Record) {
    let (report, _) = Report::of(&PublicRecord::of(record));
    let mut facts = serde_json::to_value(&report).unwrap();
    for check in facts["checks"].as_array_mut().unwrap() {
        let brief = format!("{} {}: {}", word(&check["verdict"]), word(&check["id"]), word(&check["reason"]));
        *check = Value::from(brief);
    }
    let style =
        Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: "target/e2e/latest/report.html" };
    insta::with_settings!({
        snapshot_path => "../../../reports/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("{name}.json"), serde_json::to_string_pretty(&facts).unwrap());
        insta::assert_snapshot!(format!("{name}.table"), table(&report, style));
        if SHOWN.contains(&name) {
            insta::assert_snapshot!(format!("{name}.summary"), text(&report, summary));
            insta::assert_snapshot!(format!("{name}.junit"), text(&report, junit));
            insta::assert_snapshot!(format!("{name}.page"), outline(&Page::of(&report)));
        }
    });
}

/// Both formats of a comparison.
pub(crate) fn snapshots_of(name: &str, table: &str, page: &str) {
    insta::with_settings!({
        snapshot_path => "../../../reports/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("{name}.table"), table);
        insta::assert_snapshot!(format!("{name}.markdown"), page);
    });
}

/// The content of the page, section by section, without the tables that the JSON has too.
fn outline(page: &Page) -> String {
    let mut page = serde_json::to_value(page).unwrap();
    let fields = page.as_object_mut().unwrap();
    for known in ["facts", "plan_digest", "unexamined"] {
        fields.remove(known);
    }
    for scenario in fields["scenarios"].as_array_mut().unwrap() {
        scenario["checks"] = json!(scenario["checks"].as_array().unwrap().len());
    }
    for grid in fields["grids"].as_array_mut().unwrap() {
        for cell in grid["rows"].as_array_mut().unwrap().iter_mut().flat_map(|row| row["cells"].as_array_mut().unwrap())
        {
            let badge = &cell["badge"];
            let brief = format!(
                "{} {}: {}, expected {}, {} attempts",
                word(&badge["symbol"]),
                word(&badge["word"]),
                word(&cell["observed"]),
                word(&cell["expected"]),
                cell["attempts"]
            );
            *cell = Value::from(brief);
        }
    }
    serde_json::to_string_pretty(&page).unwrap()
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn text<E: std::fmt::Debug>(
    report: &Report,
    render: fn(&Report, &mut dyn std::io::Write) -> Result<(), E>,
) -> String {
    let mut bytes = Vec::new();
    render(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// All four files and the table in one text.
pub(crate) fn everything(report: &Report) -> String {
    let style = Style { width: 100, color: Color::Ansi, rows: Rows::NotGreen, report: "report.html" };
    [text(report, json), text(report, junit), text(report, summary), text(report, html), table(report, style)].concat()
}

/// Asserts that the stored file has this text, or updates it.
fn written(path: &str, expected: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WRITE_RUNS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == expected, "{path} is out of date; write it anew with WRITE_RUNS=1");
    stored
}

#[test]
fn every_proof_that_a_record_can_lead_to_occurs() {
    let runs = runs::canned::all();
    let seen: Vec<Proof> =
        runs.iter().flat_map(|run| judge(&run.entries).sabotages).map(|sabotage| sabotage.proof).collect();
    for proof in Proof::ALL.into_iter().filter(|proof| *proof != Proof::NotApplicable) {
        assert!(seen.contains(&proof), "no canned run has a sabotage that is {}", proof.word());
    }
}

/// A resumed run skips the trials that the record proves, and repeats those that are unproven or have changed.
#[test]
fn a_proof_goes_on_from_what_a_record_proves_of_the_same_demands() {
    let entries = runs::proofs::toothless();
    let mut today = Record::of(entries.clone()).plan().cloned().unwrap();
    let before = |entries: &[Entry], today: &Plan| proven_before(&Record::of(entries.to_vec()), today);
    assert_eq!(before(&entries, &today), ["strict/enforcement-grid!permissive".to_owned()].into());
    assert_eq!(before(&[], &today), BTreeSet::new());
    // A comment was added above the scenario's steps.
    today.sabotages.iter_mut().flat_map(|planned| &mut planned.trial.checks).for_each(|check| check.line += 3);
    assert_eq!(before(&entries, &today), ["strict/enforcement-grid!permissive".to_owned()].into());
    // The record ends before the trial does.
    assert_eq!(before(&entries[..entries.len() - 3], &today), BTreeSet::new());
    for planned in &mut today.sabotages {
        planned.green.clear();
    }
    assert_eq!(before(&entries, &today), BTreeSet::new());
}

#[test]
fn a_requirement_has_the_power_of_its_sabotages() {
    let power = |entries: &[Entry]| {
        let judgement = judge(entries);
        judgement.requirements.iter().map(|one| (one.power.proven, one.power.declared)).collect::<Vec<_>>()
    };
    assert_eq!(power(&runs::proofs::proven()), [(2, 3), (0, 0)]);
    assert_eq!(power(&runs::proofs::toothless()), [(1, 5), (0, 0)]);
    assert_eq!(power(&runs::proofs::unconfirmed()), [(0, 2), (0, 0)]);
}
