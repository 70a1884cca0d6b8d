//! Comparisons of two runs: changed verdicts, checks of one run only, and all other differences.

mod mirror;
mod refused;

use mtls_core::{
    evidence::{event::Entry, record::Record},
    report::{
        Color, Detail, JudgedRun, Kind, LoneCheck, Rows, RunComparison, Seen, Style, Turn, comparison_markdown,
        comparison_table,
    },
    verdict::{Proof, Verdict},
};

use super::{moved, proofs};

fn judged(entries: Vec<Entry>) -> JudgedRun {
    JudgedRun::of(&Record::of(entries)).unwrap()
}

fn compared(before: Vec<Entry>, after: Vec<Entry>, detail: Detail) -> RunComparison {
    RunComparison::of(&judged(before), &judged(after), detail)
}

fn moved(detail: Detail) -> RunComparison {
    compared(moved::before(), moved::after(), detail)
}

fn drawn(comparison: &RunComparison) -> [String; 2] {
    let style =
        Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: "target/e2e/latest/report.html" };
    let mut page = Vec::new();
    comparison_markdown(comparison, &mut page).unwrap();
    [comparison_table(comparison, style), String::from_utf8(page).unwrap()]
}

fn turns(comparison: &RunComparison, turn: Turn) -> Vec<(&str, Verdict, Verdict)> {
    comparison.turned(turn).map(|one| (one.id.as_str(), one.before, one.after)).collect()
}

#[test]
fn every_verdict_that_changed_is_listed_with_its_turn() {
    let found = moved(Detail::Demanded);
    assert_eq!(
        turns(&found, Turn::NewlyRed),
        [("strict/enforcement-grid#production.plain.tcp", Verdict::Pass, Verdict::Fail)]
    );
    assert_eq!(turns(&found, Turn::NoLongerPass), [("rotation/leaf-manual#deleted", Verdict::Pass, Verdict::Finding)]);
    assert_eq!(
        turns(&found, Turn::NewlyGreen),
        [("strict/enforcement-grid#production.rogue.http", Verdict::Unknown, Verdict::Pass)]
    );
    assert_eq!(turns(&found, Turn::Other), []);
    assert_eq!(found.common + found.only_after.len(), found.after.counts.values().sum::<usize>());
    assert_eq!(found.common + found.only_before.len(), found.before.counts.values().sum::<usize>());
}

#[test]
fn checks_of_one_run_only_are_listed_and_red_ones_count() {
    let found = moved(Detail::Demanded);
    let ids = |checks: &[LoneCheck]| checks.iter().map(|check| check.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found.only_after), ["monitoring/expiry-alert#new-metric"]);
    let mut gone = ids(&found.only_before);
    gone.sort();
    assert_eq!(
        gone,
        ["monitoring/expiry-alert#old-metric", "rotation/under-traffic#no-loss", "rotation/under-traffic#summed-up"]
    );
    assert_eq!(found.arrived_red().count(), 1);
    // No other difference is red there.
    let mut only = found;
    only.changes.clear();
    only.problems.clear();
    assert!(only.is_newly_red());
    only.only_after.clear();
    assert!(!only.is_newly_red());
}

#[test]
fn another_demand_is_listed_beside_the_verdict() {
    let found = moved(Detail::Demanded);
    assert_eq!(found.demands.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["rotation/leaf-manual#deleted"]);
    assert!(found.changes.iter().all(|one| one.other_demand == (one.id == "rotation/leaf-manual#deleted")));
}

#[test]
fn facts_are_listed_where_a_check_looks_and_the_rest_is_counted() {
    let found = moved(Detail::Demanded);
    let facts = found.facts.iter().flat_map(|check| check.changes.iter().map(move |fact| (check.id.as_str(), fact)));
    let facts: Vec<_> =
        facts.map(|(id, fact)| (id, fact.path.as_str(), fact.before.as_deref(), fact.after.as_deref())).collect();
    assert_eq!(
        facts,
        [
            ("strict/enforcement-grid#production.plain.http", "outcomes", Some("reset ×5"), Some("closed-early ×5")),
            (
                "strict/enforcement-grid#production.rogue.metrics",
                "outcomes",
                Some("closed-early ×5"),
                Some("tls-alert(bad_certificate) ×5")
            ),
            (moved::RULE, "severity", Some("warning"), Some("critical")),
        ]
    );
    // The serial number; the delay within its bound; and among all facts the group of the rule, which no check demands.
    assert_eq!((found.left_out.volatile, found.left_out.measured), (1, 1));
    assert!(found.left_out.recorded >= 5, "{:?}", found.left_out);
    assert_eq!(
        found.reasons.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["strict/enforcement-grid#production.rogue.metrics"]
    );
}

#[test]
fn all_facts_are_listed_when_asked_for() {
    let found = moved(Detail::All);
    assert!(!found.left_out.any(), "{:?}", found.left_out);
    let rule = found.facts.iter().find(|check| check.id == moved::RULE).unwrap();
    let paths: Vec<&str> = rule.changes.iter().map(|fact| fact.path.as_str()).collect();
    assert_eq!(paths, ["delay-ms", "group", "serial", "severity"]);
    let recorded = moved(Detail::Demanded).left_out.recorded;
    assert_eq!(recorded, found.facts.iter().map(|check| check.changes.len()).sum::<usize>());
}

#[test]
fn versions_and_what_else_differs_are_listed() {
    let found = moved(Detail::Demanded);
    let versions = found.versions.iter().map(|one| (one.what.as_str(), one.before.as_deref(), one.after.as_deref()));
    assert_eq!(
        versions.collect::<Vec<_>>(),
        [
            (
                "image docker.io/istio/proxyv2",
                Some("1.30.3 (sha256:7c7c7c7c7c7c)"),
                Some("1.30.3 (sha256:7d7d7d7d7d7d)")
            ),
            ("image quay.io/jetstack/cert-manager-controller", Some("v1.11.5"), Some("v1.21.1")),
            ("image quay.io/jetstack/cert-manager-webhook", Some("v1.11.5"), None),
            ("stack", Some("reference"), Some("moved")),
        ]
    );
    let settings: Vec<&str> = found.settings.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(settings, ["scenarios", "catalogue"]);
    assert!(found.settings[0].before.ends_with("only here rotation/under-traffic"), "{:?}", found.settings);
    assert!(found.settings[1].before.ends_with("only here OLD-01, ROT-06"), "{:?}", found.settings);
    assert_eq!(found.problems.iter().map(|one| one.seen).collect::<Vec<_>>(), [Seen::After]);
}

#[test]
fn a_sabotage_that_is_no_longer_detected_is_newly_red() {
    let worse = compared(proofs::proven(), proofs::toothless(), Detail::Demanded);
    assert!(worse.changes.is_empty() && worse.is_newly_red());
    let bad: Vec<&str> = worse.sabotages.iter().filter(|one| one.is_newly_red()).map(|one| one.id.as_str()).collect();
    assert_eq!(
        bad,
        ["strict/enforcement-grid!all-down", "strict/enforcement-grid!asleep", "strict/enforcement-grid!other-reason"]
    );
    assert!(!compared(proofs::toothless(), proofs::proven(), Detail::Demanded).is_newly_red());
    // An unnoticed unscripted change is a finding about the harness. One that was never live shows nothing.
    let wild = compared(proofs::proven(), proofs::wild(), Detail::Demanded);
    let red = wild.sabotages.iter().filter(|one| one.kind == Kind::Wild && one.is_newly_red());
    let red: Vec<_> = red.map(|one| (one.id.as_str(), one.after.as_ref().unwrap().proof)).collect();
    assert_eq!(red, [("wild!asleep", Proof::Unconfirmed)]);
}

#[test]
fn pages_of_a_comparison() {
    let pages =
        [("moved", moved(Detail::Demanded)), ("moved-back", compared(moved::after(), moved::before(), Detail::All))];
    for (name, found) in pages {
        let [table, page] = drawn(&found);
        crate::snapshots_of(&format!("comparison-{name}"), &table, &page);
    }
    let proofs = compared(proofs::proven(), proofs::toothless(), Detail::Demanded);
    let [table, page] = drawn(&proofs);
    crate::snapshots_of("comparison-proofs", &table, &page);
}
