//! Leftovers are named and make a run `broken`. The tests add a process and a file to a loopback world during a run and
//! remove neither.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod support;

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command},
    sync::{Arc, Mutex},
};

use harness::run::run_id;
use mtls_core::{
    evidence::event::{Entry, Event},
    scenario,
    verdict::Exit,
};
use support::{Alone, workspace};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_and_a_file_that_outlive_their_scenario_are_named() {
    let run = format!("{}-leaks", run_id(jiff::Timestamp::now(), std::process::id()));
    let world = std::env::temp_dir().join(format!("mtls-e2e-{run}"));
    let left: Arc<Mutex<Option<Child>>> = Arc::default();
    let listener = {
        let (world, left) = (world.clone(), Arc::clone(&left));
        move |entry: &Entry| {
            if matches!(entry.event, Event::ScenarioStarted { .. }) {
                fs::write(world.join("forgotten.txt"), "x").unwrap();
                let mut command = Command::new("sleep");
                let child = command.arg("601").process_group(group(&world)).spawn().unwrap();
                *left.lock().unwrap() = Some(child);
            }
        }
    };
    let (exit, problems) = run_one(&run, Box::new(listener)).await;
    // The process ended with the world.
    let ended = left.lock().unwrap().take().unwrap().wait().unwrap();
    assert!(!ended.success());
    assert!(!world.exists());
    assert_eq!(exit, Exit::Broken, "{problems:?}");
    for what in ["client/servers: process sleep 601", "client/servers: file forgotten.txt"] {
        assert!(problems.contains(&format!("left behind: {what}")), "{what}: {problems:?}");
    }
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cleans_up_leaves_nothing() {
    let run = format!("{}-clean", run_id(jiff::Timestamp::now(), std::process::id()));
    let (exit, problems) = run_one(&run, Box::new(|_| {})).await;
    assert_eq!((exit, problems), (Exit::Conformant, vec![]));
}

/// A change that was undone and whose effect is still observed is a leftover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sabotage_that_never_recovers_is_named() {
    let run = format!("{}-over", run_id(jiff::Timestamp::now(), std::process::id()));
    let mut scenarios = servers();
    let sabotage = scenarios[0].sabotages.iter_mut().find(|one| one.id == "ignore-expiry").unwrap();
    // The sabotage's confirmation never holds again.
    let mut over = sabotage.change.confirm.clone();
    over.timeout = std::time::Duration::from_secs(4);
    sabotage.change.recovered = Some(over);
    let trial = sabotage.trial_id("client/servers");
    let alone = Alone { run, scenarios, tries: [trial.clone()].into(), ..Alone::default() };
    let (judgement, _place) = support::run(alone, Box::new(|_| {})).await;
    assert_eq!(judgement.exit, Exit::Broken, "{:?}", judgement.problems);
    let expected = format!("left behind: {trial}: undone, and ");
    assert!(judgement.problems.iter().any(|problem| problem.starts_with(&expected)), "{:?}", judgement.problems);
}

/// Runs one short scenario in its own world.
async fn run_one(run: &str, listener: Box<dyn Fn(&Entry) + Send + Sync>) -> (Exit, Vec<String>) {
    let alone = Alone { run: run.to_owned(), scenarios: servers(), ..Alone::default() };
    let (judgement, _place) = support::run(alone, listener).await;
    (judgement.exit, judgement.problems)
}

fn servers() -> Vec<scenario::model::Scenario> {
    let mut scenarios = scenario::load_all(&workspace().join("scenarios")).unwrap();
    scenarios.retain(|scenario| scenario.id == "client/servers");
    scenarios
}

/// The process group of the world, found by the shell that guards its folder.
fn group(world: &Path) -> i32 {
    let suffix = format!("guard\0{}\0", world.display());
    let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_guard = |id: &i32| {
        fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).ends_with(&suffix))
    };
    ids.into_iter().find(is_guard).unwrap()
}
