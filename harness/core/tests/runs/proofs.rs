//! Runs with sabotages, with every result that a sabotage can have.

use mtls_core::{
    evidence::{
        event::{Ending, Entry, RunStatus},
        plan::{
            Plan, PlannedCheck, PlannedRed, PlannedRequirement, PlannedSabotage, PlannedScenario, PlannedUnscripted,
        },
    },
    expectation::Expectations,
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    plan::{GRID, equals, once},
};

/// The check that must turn red, and the one that must stay green.
const CHECKS: [&str; 2] = ["plain", "injected"];

/// A sabotage by name, and the facts of both checks in its trial.
struct Observed {
    name: &'static str,
    /// `None`: the sabotage was never confirmed live.
    seen: Option<[Value; 2]>,
}

/// Two sabotages, both detected for the stated reasons.
pub(crate) fn proven() -> Vec<Entry> {
    run(&[
        Observed { name: "permissive", seen: Some([open(), let_in()]) },
        Observed { name: "wide-open", seen: Some([open(), let_in()]) },
    ])
}

/// One sabotage undetected, one detected for another reason, one that turned too much red, and one proven.
pub(crate) fn toothless() -> Vec<Entry> {
    run(&[
        Observed { name: "asleep", seen: Some([refused(), let_in()]) },
        Observed { name: "other-reason", seen: Some([json!({"outcome": "established"}), let_in()]) },
        Observed { name: "all-down", seen: Some([open(), json!({"outcome": "hang"})]) },
        Observed { name: "permissive", seen: Some([open(), let_in()]) },
    ])
}

/// A sabotage that was never live.
pub(crate) fn unconfirmed() -> Vec<Entry> {
    run(&[Observed { name: "permissive", seen: None }])
}

/// Three unscripted changes: one noticed, one unnoticed, one never live.
pub(crate) fn wild() -> Vec<Entry> {
    let changes = [("open", Some([open(), let_in()])), ("quiet", Some([refused(), let_in()])), ("asleep", None)];
    let planned = changes.iter().map(|(name, _)| PlannedUnscripted {
        id: format!("wild!{name}"),
        title: format!("somebody leaves it {name}"),
        not_applicable: None,
        trials: vec![scenario(&format!("{GRID}!wild-{name}"))],
    });
    let plan = Plan {
        scenarios: vec![scenario(GRID)],
        requirements: requirements(),
        wild: planned.collect(),
        ..Plan::default()
    };
    let mut run = Run::planned("20261124T101500-wild", plan);
    record(&mut run, GRID, [refused(), let_in()]);
    for (name, seen) in changes {
        let holder = format!("wild!{name}");
        run.begin(&holder);
        if let Some(seen) = seen {
            run.step(&holder, "sabotage", Ending::Done, 900);
            record(&mut run, &format!("{GRID}!wild-{name}"), seen);
            run.end(&holder, Ending::Done, 3_000);
        } else {
            let reason = "the fault is not confirmed: status.readyReplicas expected 0".to_owned();
            run.step(&holder, "sabotage", Ending::Broken { reason: reason.clone() }, 30_000);
            run.end(&holder, Ending::Broken { reason }, 30_200);
        }
    }
    run.finish(RunStatus::Complete)
}

fn run(observed: &[Observed]) -> Vec<Entry> {
    let mut plan = Plan {
        scenarios: vec![scenario(GRID)],
        requirements: requirements(),
        sabotages: observed.iter().map(|one| planned(one.name, true)).collect(),
        wild: Vec::new(),
    };
    plan.sabotages.push(planned("another-day", false));
    let mut run = Run::planned("20261124T101500-proof", plan);
    record(&mut run, GRID, [refused(), let_in()]);
    for one in observed {
        let trial = format!("{GRID}!{}", one.name);
        if let Some(seen) = &one.seen {
            run.step(&trial, "sabotage", Ending::Done, 900);
            record(&mut run, &trial, seen.clone());
        } else {
            let reason = "the fault is not confirmed: outsider.tcp: outcome expected plaintext-accepted".to_owned();
            run.begin(&trial);
            run.step(&trial, "sabotage", Ending::Broken { reason: reason.clone() }, 30_000);
            run.end(&trial, Ending::Broken { reason }, 30_200);
        }
    }
    run.finish(RunStatus::Complete)
}

fn requirements() -> Vec<PlannedRequirement> {
    let all = super::requirements::all().into_iter();
    all.filter(|one| ["MESH-01", "MESH-02"].contains(&one.id.as_str())).collect()
}

fn record(run: &mut Run, scenario: &str, seen: [Value; 2]) {
    run.begin(scenario);
    for (check, facts) in CHECKS.into_iter().zip(seen) {
        run.see(scenario, check, facts);
        run.step(scenario, check, Ending::Done, 400);
    }
    run.end(scenario, Ending::Done, 1_900);
}

fn planned(name: &str, tried: bool) -> PlannedSabotage {
    let mut trial = scenario(&format!("{GRID}!{name}"));
    if !tried {
        trial.checks.clear();
    }
    PlannedSabotage {
        fingerprint: String::new(),
        scenario: GRID.to_owned(),
        says: format!("somebody made it {name}"),
        library: (name == "permissive").then(|| "permissive-namespace".to_owned()),
        tried,
        trial,
        red: vec![PlannedRed {
            name: "plain".to_owned(),
            because: Expectations(vec![equals("outcome", json!("plaintext-accepted"))]),
        }],
        green: vec!["injected".to_owned()],
        requirements: vec!["MESH-01".to_owned()],
    }
}

fn scenario(id: &str) -> PlannedScenario {
    PlannedScenario {
        id: id.to_owned(),
        title: "Only callers from the mesh get in".to_owned(),
        says: String::new(),
        file: "scenarios/strict/enforcement-grid.yaml".to_owned(),
        checks: vec![
            check(id, "plain", &["MESH-01"], "reset"),
            check(id, "injected", &["MESH-01", "MESH-02"], "established"),
        ],
        not_applicable: None,
    }
}

fn check(scenario: &str, name: &str, requirements: &[&str], outcome: &str) -> PlannedCheck {
    once(scenario, name, requirements, vec![equals("outcome", json!(outcome))])
}

fn refused() -> Value {
    json!({"outcome": "reset"})
}

fn let_in() -> Value {
    json!({"outcome": "established"})
}

fn open() -> Value {
    json!({"outcome": "plaintext-accepted"})
}
