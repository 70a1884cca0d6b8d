//! Checks of the client can fail: a sabotage names each of them, and some sabotages are tried here.
//!
//! `cargo xtask prove --env loopback` tries them all.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod support;

use std::collections::BTreeSet;

use harness::{run::run_id, world::loopback::Programs};
use mtls_core::{
    report::{Color, Rows, Style, table, write_all},
    scenario::{
        self,
        model::{Action, Scenario},
    },
    verdict::{ConformanceStatus, Exit, Judgement, Proof, Verdict},
};
use tempfile::TempDir;

use support::{Alone, workspace};

/// Number of faults of the reference client; `fixtures/client/README.md` lists them.
const FAULTS: usize = 17;

#[test]
fn every_check_of_the_client_is_turned_red_by_a_sabotage() {
    let is_local = |scenario: &Scenario| scenario.needs.features.contains("local-client");
    let selected: Vec<Scenario> = scenarios("client/").into_iter().filter(is_local).collect();
    assert!(!selected.is_empty());
    for scenario in selected {
        for step in &scenario.steps {
            let red = scenario.sabotages.iter().any(|sabotage| sabotage.failing(&step.id).is_some());
            assert!(red, "{}#{} has never been seen red", scenario.id, step.id);
        }
    }
}

#[tokio::test]
async fn the_faults_that_sabotages_name_exist() {
    let used: BTreeSet<String> = scenarios("")
        .iter()
        .flat_map(|scenario| &scenario.sabotages)
        .flat_map(|sabotage| &sabotage.change.steps)
        .filter_map(|step| match &step.action {
            Action::Misconfigure(weaken) => Some(weaken.client.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(used.len(), FAULTS, "{used:?}");
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    programs.know(&used.into_iter().collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trials_run_after_their_scenario_and_are_proven() {
    let servers = scenarios("client/servers");
    let tries: BTreeSet<String> =
        servers.iter().flat_map(|one| one.sabotages.iter().map(|sabotage| sabotage.trial_id(&one.id))).collect();
    let owed = tries.len();
    let (judgement, _place) = run(servers, &[], tries).await;
    let proofs: Vec<_> =
        judgement.sabotages.iter().map(|one| (one.id.as_str(), one.proof, one.reason.as_str())).collect();
    assert!(owed >= 6 && proofs.len() == owed, "{proofs:?}");
    assert!(proofs.iter().all(|(_, proof, _)| *proof == Proof::Proven), "{proofs:?}");
    assert_eq!(judgement.exit, Exit::Conformant);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undetected_client_fault_proves_nothing_and_is_named() {
    let (judgement, place) = run(scenarios("client/servers"), &["pool-forever"], BTreeSet::new()).await;
    assert_eq!(judgement.verdict, Verdict::Pass, "{:?}", judgement.decision);
    assert_eq!(judgement.exit, Exit::NothingProven);
    assert_eq!(judgement.decision.result, ConformanceStatus::CannotSay);
    assert!(judgement.decision.because[0].contains("sabotaged: pool-forever"), "{:?}", judgement.decision);
    for report in ["report.html", "summary.md", "report.json", "junit.xml"] {
        let text = std::fs::read_to_string(place.path().join(report)).unwrap();
        assert!(text.contains("pool-forever"), "{report}");
    }
    let (report, _) = write_all(place.path()).unwrap();
    let table = table(&report, Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: "" });
    assert!(table.contains("sabotaged: pool-forever") && table.contains("exit code 4"), "{table}");
}

#[tokio::test]
async fn an_unknown_fault_is_refused_with_the_list() {
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    let error = programs.know(&["load-twice".to_owned()]).await.unwrap_err().to_string();
    assert!(error.contains("`load-twice`") && error.contains("load-once"), "{error}");
    programs.know(&["load-once".to_owned(), "tear-pair".to_owned()]).await.unwrap();
}

/// Runs the scenarios with these faults, in a world of their own.
async fn run(scenarios: Vec<Scenario>, faults: &[&str], tries: BTreeSet<String>) -> (Judgement, TempDir) {
    let run = format!("{}-{}", run_id(jiff::Timestamp::now(), std::process::id()), faults.join("-"));
    support::run(Alone { run, scenarios, faults, tries }, Box::new(|_| {})).await
}

fn scenarios(only: &str) -> Vec<Scenario> {
    let all = scenario::load_all(&workspace().join("scenarios")).unwrap();
    all.into_iter().filter(|one| one.id.starts_with("client/") && one.id.starts_with(only)).collect()
}
