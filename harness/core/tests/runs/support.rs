//! Support windows on the first page of every format.

use mtls_core::{
    evidence::{
        event::{Entry, RunStatus},
        record::Record,
    },
    report::{Color, PublicRecord, Report, Rows, Style, html, json, junit, summary, table},
    support::State,
    verdict::{ConformanceStatus, Verdict},
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    canned, environment, healthy,
    plan::{self, GRID},
};
use crate::text;

fn report(entries: Vec<Entry>) -> Report {
    Report::of(&PublicRecord::of(&Record::of(entries))).0
}

/// A report of the grid, with these support facts in the last `environment` event.
fn grid(support: &Value, is_red: fn(&str) -> bool) -> Report {
    let mut run = Run::planned("20261124T101500-grid", plan::only(&[GRID]));
    run.environment(json!({"support": support}));
    healthy::grid(&mut run, &|check, _| {
        is_red(check).then(|| json!({"outcome": "established", "server": {"saw": {"requests": 1}}}))
    });
    report(run.finish(RunStatus::Complete))
}

#[test]
fn the_set_of_versions_is_named_where_the_run_is() {
    let mut run = Run::planned("20261124T101500-grid", plan::only(&[GRID]));
    run.environment(json!({"stack": {"name": "seed-era"}}));
    healthy::grid(&mut run, &|_, _| None);
    let named = report(run.finish(RunStatus::Complete));
    assert!(text(&named, html).contains("<dt>Stack</dt><dd>seed-era</dd>"));
    assert!(text(&named, summary).contains(" · stack `seed-era` · "));
    let unnamed = report(canned::ended());
    assert!(!text(&unnamed, html).contains("<dt>Stack</dt>") && !text(&unnamed, summary).contains(" · stack "));
}

#[test]
fn a_version_past_its_end_is_on_the_first_page_of_every_format() {
    let report = report(canned::ended());
    let ended = "cert-manager v1.11.5: support of 1.11 by upstream ended on 2023-09-12";
    let first = |text: String, end: &str| text[..text.find(end).unwrap()].to_owned();
    let style = Style { width: 200, color: Color::Plain, rows: Rows::NotGreen, report: "report.html" };
    for (name, page) in [
        ("html", first(text(&report, html), "</header>")),
        ("summary", first(text(&report, summary), "## Requirements")),
        ("table", table(&report, style)),
    ] {
        assert!(page.contains(ended) && page.contains("△"), "{name}: {page}");
        for unknown in ["envoy", "trust-manager v0.25.0", "istio 1.30.3: not confirmed since 2026-07-01"] {
            assert!(page.contains(unknown), "{name} does not say {unknown}: {page}");
        }
    }
    let read: Value = serde_json::from_str(&text(&report, json)).unwrap();
    let one =
        read["support"]["versions"].as_array().unwrap().iter().find(|one| one["component"] == "cert-manager").unwrap();
    assert_eq!(
        (&one["state"], &one["until"], &one["source"]),
        (&json!("ended"), &json!("2023-09-12"), &json!("cert-manager.example, Releases"))
    );
}

#[test]
fn it_is_a_finding_and_turns_nothing_red() {
    let ended = grid(&environment::ended()["support"], |_| false);
    let fresh = grid(&environment::facts()["support"], |_| false);
    assert_eq!((ended.exit_code, ended.decision.result), (0, ConformanceStatus::Conformant));
    assert_eq!((ended.verdict, fresh.verdict), (Verdict::Finding, Verdict::Pass));
    assert!(
        ended
            .decision
            .why
            .contains("past the end of a support window: cert-manager v1.11.5, prometheus 2.53.3, spire 1.13.3")
    );
    assert!(text(&ended, junit) == text(&fresh, junit), "junit.xml knows of checks alone");
    let red = grid(&environment::ended()["support"], |check| check == "production.plain.tcp");
    assert_eq!((red.exit_code, red.verdict), (1, Verdict::Fail));
}

#[test]
fn what_is_unknown_or_unconfirmed_is_no_finding() {
    let mut support = environment::ended()["support"].clone();
    support
        .as_array_mut()
        .unwrap()
        .retain(|one| ["envoy", "istio", "trust-manager"].iter().any(|name| one["component"] == *name));
    let report = grid(&support, |_| false);
    assert_eq!(report.verdict, Verdict::Pass);
    let states: Vec<State> = report.support.unwrap().versions.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Unknown, State::Unconfirmed, State::Unknown]);
}

#[test]
fn the_day_is_that_of_the_run() {
    // The canned runs start on 2026-11-24; SPIRE's last day was the day before.
    let support = report(canned::ended()).support.unwrap();
    assert_eq!(support.on.unwrap().to_string(), "2026-11-24");
    assert!(support.ended().any(|one| one.name() == "spire 1.13.3"));
}

#[test]
fn a_record_without_windows_says_so_and_a_run_without_a_world_has_none() {
    let old = grid(&Value::Null, |_| false);
    assert!(text(&old, summary).contains("cannot be read"));
    let mut run = Run::started("20261124T101500-old", "kind");
    run.environment(json!({"kubernetes": "v1.36.1"}));
    let old = report(run.finish(RunStatus::Complete));
    assert!(text(&old, html).contains("this run recorded no support windows"));
    let unseen = report(Run::started("20261124T101500-unseen", "kind").finish(RunStatus::Broken));
    assert_eq!(unseen.support, None);
}
