//! What people read first: the first 60 lines of the summary, the last lines of the terminal, and what is new since a
//! baseline.

use mtls_core::{
    evidence::record::Record,
    report::{Color, Detail, JudgedRun, PublicRecord, Report, Rows, RunComparison, Style, html, json, summary, table},
    verdict::Verdict,
};

use super::canned::{self, Canned};
use crate::text;

fn report(canned: Canned) -> Report {
    Report::of(&PublicRecord::of(&Record::of(canned.entries))).0
}

fn named(name: &str) -> Canned {
    canned::all().into_iter().find(|canned| canned.name == name).unwrap()
}

/// The report of the first run with what changed since the second.
fn against(name: &str, baseline: &str) -> Report {
    let judged = |name: &str| JudgedRun::of(&Record::of(named(name).entries)).unwrap();
    let comparison = RunComparison::of(&judged(baseline), &judged(name), Detail::Demanded);
    report(named(name)).against(comparison.baseline())
}

#[test]
fn sixty_lines_of_the_summary_hold_the_decision_and_what_is_red() {
    let mut reports: Vec<Report> = canned::all().into_iter().map(report).collect();
    reports.push(against("rich", "all-green"));
    for report in reports {
        let whole = text(&report, summary);
        let top: Vec<&str> = whole.lines().take(60).collect();
        let top = top.join("\n");
        assert!(whole.len() < 65_536);
        assert!(top.contains("mTLS conformance: ") && top.contains("exit code "), "{top}");
        for verdict in Verdict::ALL.into_iter().filter(|verdict| report.count(*verdict) > 0) {
            assert!(top.contains(&format!("{} {}", report.count(verdict), verdict.word())), "{top}");
        }
        for cause in report.causes.iter().filter(|cause| cause.verdict != Verdict::Finding).take(3) {
            assert!(top.contains(&format!("**{}**", cause.verdict.word())), "{}: {top}", cause.reason);
        }
        if let Some(place) = whole.find("## Requirements") {
            let lines = whole[..place].lines().count();
            assert!(lines <= 60, "{lines} lines: {whole}");
        }
    }
}

#[test]
fn a_terminal_ends_with_what_is_red_the_counts_and_the_decision() {
    let lines = |rows| {
        let style = Style { width: 100, color: Color::Plain, rows, report: "report.html" };
        table(&report(named("rich")), style).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (brief, all) = (lines(Rows::NotGreen), lines(Rows::All));
    assert!(!brief.iter().any(|line| line.starts_with("✓ ") && line.contains("  pass  ")), "{brief:#?}");
    assert!(all.iter().any(|line| line.starts_with("✓ PKI") || line.starts_with("✓ ROT")), "{all:#?}");
    assert_eq!(brief[brief.len() - 30..], all[all.len() - 30..], "the end is the same");
    let end = &brief[brief.len() - 7..];
    assert!(end[0].is_empty() && end[1].starts_with("24 checks: "), "{end:#?}");
    assert!(end[4].starts_with("✗ not conformant in ") && end[5].starts_with("exit code 1"), "{end:#?}");
    let worst = brief.iter().rposition(|line| line.starts_with("✗ MESH-01")).unwrap();
    assert!(brief[worst..].iter().all(|line| !line.starts_with(['!', '?', '∅', '△']) || line.contains("support")));
}

#[test]
fn a_red_cell_names_the_object_that_let_the_caller_in() {
    let report = report(named("over-time"));
    let object = "PeerAuthentication x0tta6bl4-production/default (mode PERMISSIVE on port 9000)";
    let style = Style { width: 200, color: Color::Plain, rows: Rows::NotGreen, report: "report.html" };
    for (name, text) in
        [("table", table(&report, style)), ("html", text(&report, html)), ("summary", text(&report, summary))]
    {
        assert!(text.contains(&format!("et in by {object}")), "{name}: {text}");
    }
    assert!(text(&report, json).contains("mode PERMISSIVE on port 9000"));
}

#[test]
fn what_is_new_is_named_only_where_there_is_a_baseline() {
    let (with, without) = (against("grid-fail", "all-green"), report(named("grid-fail")));
    let style = Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: "report.html" };
    for (with, without, said) in [
        (text(&with, html), text(&without, html), "New since 20261124T101500-green: 1 newly red"),
        (text(&with, summary), text(&without, summary), "## New since `20261124T101500-green`: 1 newly red"),
        (table(&with, style), table(&without, style), "since 20261124T101500-green: 1 newly red"),
    ] {
        assert!(with.contains(said) && with.contains("strict/enforcement-grid#production.plain.tcp"), "{with}");
        assert!(!without.contains("New since") && !without.contains("newly red"), "{without}");
    }
    // What a program reads is computed from the run alone.
    assert_eq!(text(&with, json), text(&without, json));
    let same = against("all-green", "all-green");
    assert!(text(&same, summary).contains("nothing became red"));
}
