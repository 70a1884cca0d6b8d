//! A run before and a run after an upgrade of the stack, with a difference of every kind that a comparison reports.

use mtls_core::{
    evidence::{
        event::{Ending, Entry, RunStatus},
        plan::{Deviation, Level, Plan, PlannedCheck},
    },
    expectation::{Expectations, Matcher, Quantifier},
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    healthy,
    plan::{self, ALERTS, FEDERATION, GRID, ROTATION, ROWS, TRAFFIC, equals, expect, once, requirement},
};

/// A check of the alerts with its own facts.
pub(crate) const RULE: &str = "monitoring/expiry-alert#rule";

/// cert-manager 1.11: one cell is undecided; the later run lacks one check and one scenario.
pub(crate) fn before() -> Vec<Entry> {
    let mut plan = plan();
    plan.scenarios[3].checks.push(once(ALERTS, "old-metric", &["MON-01"], vec![equals("series", json!(1))]));
    plan.requirements.push(requirement(
        "OLD-01",
        Level::Extended,
        "The old metric is there.",
        "the reference document",
    ));
    let mut run = Run::planned("20261124T101500-before", plan);
    run.environment(json!({
        "images": [
            {"name": "quay.io/jetstack/cert-manager-controller:v1.11.5", "running": format!("sha256:{}", "1a".repeat(32))},
            {"name": "quay.io/jetstack/cert-manager-webhook:v1.11.5", "running": format!("sha256:{}", "1b".repeat(32))},
            {"name": "docker.io/istio/proxyv2:1.30.3", "running": format!("sha256:{}", "7c".repeat(32))},
        ],
        "kubernetes": "v1.36.1",
        "stack": {"name": "reference"},
    }));
    run.begin(GRID);
    healthy::probe(&mut run, &|check, _| undecided(check), ROWS.len());
    run.step(GRID, "production", Ending::Done, 16_800);
    run.end(GRID, Ending::Done, 17_040);
    healthy::rotation(&mut run, healthy::NOTHING);
    healthy::traffic(&mut run, healthy::NOTHING);
    let rule =
        json!({"severity": "warning", "serial": "6a540d400721ea038301947121346ddb", "delay-ms": 1900, "group": "a"});
    alerts(&mut run, &[("rule", rule), ("old-metric", json!({"series": 1}))]);
    healthy::federation(&mut run);
    run.finish(RunStatus::Complete)
}

/// cert-manager 1.21: a caller is accepted, a check is new and red, another demands more, a violation is recorded.
pub(crate) fn after() -> Vec<Entry> {
    let mut plan = plan();
    plan.scenarios.retain(|scenario| scenario.id != TRAFFIC);
    plan.scenarios[2].checks.push(once(ALERTS, "new-metric", &["MON-01"], vec![equals("series", json!(1))]));
    let deleted = &mut plan.scenarios[1].checks[1];
    deleted.deviation = Some(Deviation {
        from: "ROT-02".to_owned(),
        shows: Expectations(vec![equals("renewals", json!(2))]),
        because: "it is renewed twice".to_owned(),
        compensated_by: vec!["PKI-07".to_owned()],
    });
    plan.requirements.retain(|one| one.id != "ROT-06");
    let mut run = Run::planned("20261201T101500-after", plan);
    run.environment(json!({
        "images": [
            {"name": "quay.io/jetstack/cert-manager-controller:v1.21.1", "running": format!("sha256:{}", "2a".repeat(32))},
            {"name": "docker.io/istio/proxyv2:1.30.3", "running": format!("sha256:{}", "7d".repeat(32))},
        ],
        "kubernetes": "v1.36.1",
        "stack": {"name": "moved"},
    }));
    run.begin(GRID);
    let spoil = |check: &str, attempt: usize| match (check, attempt) {
        ("production.plain.tcp", 2) => Some(json!({"outcome": "established", "server": {"saw": {"requests": 1}}})),
        ("production.plain.http", _) => Some(json!({"outcome": "closed-early", "server": {"saw": {"requests": 0}}})),
        ("production.rogue.metrics", _) => Some(json!({"outcome": "tls-alert(bad_certificate)"})),
        _ => None,
    };
    healthy::probe(&mut run, &spoil, ROWS.len());
    run.step(GRID, "production", Ending::Done, 17_900);
    run.end(GRID, Ending::Done, 18_240);
    let twice = json!({"renewals": 2, "window-without-secret-ms": 3100, "serials": {"distinct": 2}});
    healthy::rotation(&mut run, &|check, _| (check == "deleted").then(|| twice.clone()));
    let rule =
        json!({"severity": "critical", "serial": "32f6c048a9b59758137ca4123c048279", "delay-ms": 2300, "group": "b"});
    alerts(&mut run, &[("rule", rule), ("new-metric", json!({"series": 0}))]);
    healthy::federation(&mut run);
    run.leftover("namespace mtls-e2e-outside still terminating after 60s");
    run.finish(RunStatus::Complete)
}

/// The common part of both plans.
fn plan() -> Plan {
    let mut plan = plan::only(&[GRID, ROTATION, TRAFFIC, ALERTS, FEDERATION]);
    plan.scenarios[3].checks.push(rule());
    plan
}

fn rule() -> PlannedCheck {
    let mut check = once(ALERTS, "rule", &["MON-01"], vec![expect("severity", Matcher::Present)]);
    check.expect.0.push(expect("serial", Matcher::Present));
    check.expect.0.push(expect("delay-ms", Matcher::Between { min: None, max: Some(json!(5000)) }));
    assert_eq!(check.when, Quantifier::Once);
    check
}

fn undecided(check: &str) -> Option<Value> {
    (check == "production.rogue.http" || check == "production.rogue.metrics")
        .then(|| json!({"outcome": if check.ends_with("http") { "connect-timeout" } else { "closed-early" }}))
}

fn alerts(run: &mut Run, facts: &[(&str, Value)]) {
    run.begin(ALERTS);
    run.see(ALERTS, "series-exist", json!({"series": 4}));
    run.step(ALERTS, "series-exist", Ending::Done, 230);
    for _ in 0..6 {
        run.pass_time(2_800);
        run.see(ALERTS, "silent", json!({"state": "inactive"}));
    }
    run.step(ALERTS, "silent", Ending::Done, 18_060);
    for (check, facts) in facts {
        run.see(ALERTS, check, facts.clone());
        run.step(ALERTS, check, Ending::Done, 200);
    }
    run.end(ALERTS, Ending::Done, 18_900);
}
