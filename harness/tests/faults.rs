//! Checks of the client can fail: each fault of the reference client turns red what is there to notice it, and nothing else.
//!
//! Every fault runs the scenarios that should notice it, in a loopback world of its own, through the same session as
//! `cargo xtask e2e`. Nobody of the mesh lives in these worlds, so they need neither Envoy nor an engine. Under a fault the
//! other checks of the same scenarios must stay green: a check that is red for everything notices nothing.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use futures::{StreamExt, stream};
use harness::{
    catalogue,
    report::{Color, Style, table, write_all},
    run::{SessionRequest, Stop, run_id, session},
    scenario::{self, model::Scenario},
    verdict::{Exit, Judgement, Standing, Verdict},
    world::{Choice, loopback::Programs},
};
use tempfile::TempDir;

/// Which checks notice which fault.
const TABLE: [(&str, &[&str]); 17] = [
    ("accept-no-client-auth", &["servers#scoped-client", "servers#one-shot"]),
    ("cache-bundle-forever", &["reload#root-added"]),
    (
        "drop-alert",
        &["hygiene#machine-readable", "limits#silent-servers", "sources#file-variables", "sources#socket-spellings"],
    ),
    (
        "fall-back-to-plaintext",
        &[
            "hygiene#machine-readable",
            "limits#silent-servers",
            "servers#allow-list",
            "servers#another-workload",
            "servers#flawed-servers",
            "servers#two-roots",
            "sources#source-order",
        ],
    ),
    ("first-root-only", &["reload#root-added", "servers#two-roots"]),
    ("forget-last-good", &["reload#last-good"]),
    ("guess-source", &["sources#file-variables", "sources#socket-spellings", "sources#source-order"]),
    ("ignore-expiry", &["hygiene#machine-readable", "servers#flawed-servers"]),
    ("load-once", &["limits#pool", "reload#hot-reload", "reload#hundred-swaps"]),
    ("no-timeout", &["limits#silent-servers"]),
    ("one-socket-error", &["sources#agent-failures"]),
    ("pool-forever", &["limits#pool"]),
    ("print-key", &["hygiene#no-key-shown"]),
    ("resume-sessions", &["hygiene#no-resumption"]),
    ("skip-id-check", &["servers#allow-list", "servers#another-workload", "servers#flawed-servers"]),
    ("tear-pair", &["reload#hundred-swaps", "reload#last-good"]),
    ("trust-any-root", &["reload#root-added", "servers#flawed-servers", "servers#two-roots"]),
];
/// Worlds at the same time: most of what they do is wait.
const SIDE_BY_SIDE: usize = 5;

#[test]
fn every_check_of_the_client_is_noticed_red_somewhere() {
    let noticed: BTreeSet<String> =
        TABLE.iter().flat_map(|(_, checks)| checks.iter().map(|check| full(check))).collect();
    let checks = scenarios("").into_iter().flat_map(|scenario| {
        scenario.steps.iter().map(|step| format!("{}#{}", scenario.id, step.id)).collect::<Vec<_>>()
    });
    assert_eq!(noticed, checks.collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_noticed_by_its_checks_and_by_no_other() {
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    let wrong: Vec<String> = stream::iter(TABLE)
        .map(async |(fault, checks)| {
            let wanted: BTreeSet<String> = checks.iter().map(|check| full(check)).collect();
            let files: BTreeSet<&str> = wanted.iter().filter_map(|check| check.split('#').next()).collect();
            let concerned = scenarios("").into_iter().filter(|scenario| files.contains(scenario.id.as_str())).collect();
            let (judgement, _place) = run(&programs, concerned, &[fault]).await;
            let red = judgement.checks.iter().filter(|check| check.verdict != Verdict::Pass);
            let red: BTreeSet<String> = red.map(|check| check.id.clone()).collect();
            let reasons: Vec<String> = judgement
                .checks
                .iter()
                .filter(|check| red.contains(&check.id) != wanted.contains(&check.id))
                .map(|check| format!("{fault}: {} is {}: {}", check.id, check.verdict.word(), check.reason))
                .collect();
            assert!(judgement.exit == Exit::ProductFailed || !reasons.is_empty(), "{fault}: {:?}", judgement.exit);
            reasons
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .flat_map(stream::iter)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sabotaged_run_that_nobody_notices_proves_nothing_and_says_so() {
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    let (judgement, place) = run(&programs, scenarios("client/servers"), &["pool-forever"]).await;
    assert_eq!(judgement.verdict, Verdict::Pass, "{:?}", judgement.decision);
    assert_eq!(judgement.exit, Exit::NothingProven);
    assert_eq!(judgement.decision.result, Standing::CannotSay);
    assert!(judgement.decision.because[0].contains("sabotaged: pool-forever"), "{:?}", judgement.decision);
    for report in ["report.html", "summary.md", "report.json", "junit.xml"] {
        let text = std::fs::read_to_string(place.path().join(report)).unwrap();
        assert!(text.contains("pool-forever"), "{report}");
    }
    let (report, _) = write_all(place.path()).unwrap();
    let table = table(&report, Style { width: 100, color: Color::Plain, report: "" });
    assert!(table.contains("sabotaged: pool-forever") && table.contains("exit code 4"), "{table}");
}

#[tokio::test]
async fn a_fault_that_nobody_knows_is_refused_with_the_list() {
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    let error = programs.know(&["load-twice".to_owned()]).await.unwrap_err().to_string();
    assert!(error.contains("`load-twice`") && error.contains("load-once"), "{error}");
    programs.know(&["load-once".to_owned(), "tear-pair".to_owned()]).await.unwrap();
}

/// Runs scenarios in a world of their own, and judges the record.
async fn run(programs: &Programs, scenarios: Vec<Scenario>, faults: &[&str]) -> (Judgement, TempDir) {
    let place = tempfile::tempdir().unwrap();
    let catalogue = catalogue::load(&workspace().join("scenarios/requirements.yaml")).unwrap();
    let request = SessionRequest {
        scenarios,
        catalogue: &catalogue,
        choice: Choice::Loopback { programs: programs.clone(), why: "cargo test".to_owned() },
        name: String::new(),
        node_image: String::new(),
        nodes: 1,
        trees: &workspace().join("fixtures/infra"),
        infra: None,
        kubeconfig: PathBuf::new(),
        run: format!("{}-{}", run_id(jiff::Timestamp::now(), std::process::id()), faults.join("-")),
        directory: place.path(),
        arguments: Vec::new(),
        tries: BTreeSet::new(),
        wild: Vec::new(),
        client_faults: faults.iter().map(|fault| (*fault).to_owned()).collect(),
        facts: Vec::new(),
    };
    session(request, Stop::never(), Box::new(|_| {})).await.unwrap();
    let (_, judgement) = write_all(place.path()).unwrap();
    (judgement, place)
}

fn scenarios(only: &str) -> Vec<Scenario> {
    let all = scenario::load_all(&workspace().join("scenarios")).unwrap();
    all.into_iter().filter(|one| one.id.starts_with("client/") && one.id.starts_with(only)).collect()
}

fn full(check: &str) -> String {
    format!("client/{check}")
}

fn workspace() -> PathBuf {
    // The manifest of this package lies one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
