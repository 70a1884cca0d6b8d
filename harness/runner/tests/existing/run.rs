//! The shipped scenarios in an existing world, through the same session as `cargo xtask`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use harness::{
    run::{Record, Recorder, SessionRequest, Stop, What, Where, execute_alone, run_id, session},
    stack::{Known, Sources},
    world::{Choice, KindRequest, attach},
};
use mtls_core::{
    catalogue,
    evidence::{
        event::{Entry, Event},
        log::{FILE_NAME, Log},
        store::Store,
    },
    expectation::Quantifier,
    scenario::{self, effects::Allowance, library, model::Scenario},
};
use mtls_images::Stack;
use serde_json::Value;

use super::api_server::ApiServer;

/// Runs all shipped scenarios, with all sabotages and changes of the library, and returns the events.
pub(crate) async fn recorded(server: &ApiServer, allowed: &[Allowance]) -> Vec<Entry> {
    let folder = tempfile::tempdir().unwrap();
    let root = workspace().join("scenarios");
    let catalogue = catalogue::load(&root.join("requirements.yaml")).unwrap();
    let library = library::load_all(&root).unwrap();
    let mut scenarios = shipped();
    if !allowed.is_empty() {
        // Tests of alert rules send no requests, as a run without options shows, and take most of the time.
        scenarios.retain(|scenario| !scenario.needs.features.contains("promtool"));
    }
    let known = shipped();
    let tries = scenario::select_trials(&scenarios, &[]).unwrap();
    assert!(tries.len() > 100, "{} sabotages", tries.len());
    let infra = workspace().join("fixtures/infra");
    let versions = Known::new(Stack::read(&workspace().join("fixtures/stack/stack.yaml")).unwrap(), None);
    let request = SessionRequest {
        what: What { tries, wild: library.entries().collect(), ..What::only(scenarios, &known, &catalogue) },
        place: Where {
            choice: Choice::Existing {
                kubeconfig: server.kubeconfig.clone(),
                allowed: allowed.iter().copied().collect(),
                why: "cargo test".to_owned(),
            },
            trees: &infra,
            infra: None,
            nodes: KindRequest::default(),
        },
        record: Record {
            run: run_id(jiff::Timestamp::now(), std::process::id()),
            directory: folder.path().to_owned(),
            arguments: Vec::new(),
            known: &versions,
            facts: Vec::new(),
        },
    };
    let entries = Arc::new(Mutex::new(Vec::new()));
    session(request, Stop::never(), listener(&entries)).await.unwrap();
    take(&entries)
}

/// Runs one shipped scenario in a read-only world, even if a plan would exclude it.
pub(crate) async fn executed(server: &ApiServer, id: &str) -> Vec<Entry> {
    let folder = tempfile::tempdir().unwrap();
    let sources = Sources::new(&workspace().join("fixtures/infra"), None);
    let world = attach(&server.kubeconfig, sources, &BTreeSet::new()).await.unwrap();
    let log = Log::create(&folder.path().join(FILE_NAME), "run").unwrap();
    let entries = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder::new(log, Store::new(folder.path()), listener(&entries));
    let scenario = shipped().into_iter().find(|scenario| scenario.id == id).unwrap();
    execute_alone(&world, &recorder, &scenario, Stop::never()).await;
    take(&entries)
}

/// The first line of the run, and the recorded options.
pub(crate) fn announced(entries: &[Entry]) -> (String, Value) {
    let first = entries.iter().find_map(|entry| match &entry.event {
        Event::RunStarted { world_detail, .. } => Some(world_detail.clone()),
        _ => None,
    });
    let allowed = entries.iter().find_map(|entry| match &entry.event {
        Event::Environment { facts } => facts.get("allowed").cloned(),
        _ => None,
    });
    (first.unwrap(), allowed.unwrap())
}

/// The scenarios and trials that ran.
pub(crate) fn started(entries: &[Entry]) -> BTreeSet<String> {
    let ids = entries.iter().filter_map(|entry| match &entry.event {
        Event::ScenarioStarted { scenario } => Some(scenario.clone()),
        _ => None,
    });
    ids.collect()
}

/// The shipped scenarios, with one observation per step: a fake server always answers the same.
fn shipped() -> Vec<Scenario> {
    let mut scenarios = scenario::load_all(&workspace().join("scenarios")).unwrap();
    for step in scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps) {
        step.when = Quantifier::Once;
    }
    scenarios
}

fn listener(entries: &Arc<Mutex<Vec<Entry>>>) -> Box<dyn Fn(&Entry) + Send + Sync> {
    let entries = Arc::clone(entries);
    Box::new(move |entry: &Entry| entries.lock().unwrap().push(entry.clone()))
}

fn take(entries: &Mutex<Vec<Entry>>) -> Vec<Entry> {
    std::mem::take(&mut *entries.lock().unwrap())
}

fn workspace() -> PathBuf {
    // The manifest of this package lies one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
