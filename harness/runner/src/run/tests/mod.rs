//! Tests of whole runs in a fake world: what the scheduler starts, what is undone, how a run ends, and how it is judged.

mod ending;
mod order;
mod sabotage;
mod undoing;

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use mtls_core::{
    catalogue,
    evidence::{
        event::{Ending, Entry, Event, RunStatus},
        log::{FILE_NAME, Log},
        record,
        store::Store,
    },
    scenario::{ScenarioError, effects::Permissions, load_all, model::Scenario, plan},
    verdict::{Judgement, ScenarioVerdict, judge_record},
};
use mtls_engine::wait::{Check, until};
use serde_json::json;
use tempfile::TempDir;

use super::{context::RunContext, journal::Journal, recorder::Recorder, schedule::run_all, stop::Stop};
use crate::world::{
    World,
    fake::{Answer, Fake},
};

/// A run in a fake world. `config` objects stand for whatever scenarios change.
struct Rehearsal {
    fake: Arc<Fake>,
    world: World,
    scenarios: Vec<Scenario>,
    place: TempDir,
    recorder: Recorder,
}

const RUN: &str = "20261130T120000Z-ff";

impl Rehearsal {
    /// `scenarios` are the name, the isolation and the rest of each file.
    fn of(scenarios: &[(&str, &str, &str)]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("scenarios");
        fs::create_dir_all(root.join("test")).unwrap();
        fs::write(root.join("requirements.yaml"), REQUIREMENTS).unwrap();
        for (name, isolation, rest) in scenarios {
            let text = format!("{}{rest}", HEAD.replace("NAME", name).replace("ISOLATION", isolation));
            fs::write(root.join(format!("test/{name}.yaml")), text).unwrap();
        }
        let scenarios = load_all(&root)
            .unwrap_or_else(|errors| panic!("{}", errors.iter().map(ScenarioError::render).collect::<String>()));
        let fake = Fake::new(&["kubernetes"], Permissions::Everything);
        for name in ["one", "two", "three"] {
            fake.with(config("n", name));
        }
        let timeline = fake.timeline();
        let listener = move |entry: &Entry| timeline.lock().extend(line(&entry.event));
        let log = Log::create(&place.path().join(FILE_NAME), RUN).unwrap();
        let recorder = Recorder::new(log, Store::new(place.path()), Box::new(listener));
        Self { world: fake.world(), fake, scenarios, place, recorder }
    }

    /// Runs everything, as a session does once its world is up, and judges the record.
    async fn run(&self, stop: &Stop) -> Judgement {
        let catalogue = catalogue::load(&self.place.path().join("scenarios/requirements.yaml")).unwrap();
        let trials = |scenario: &Scenario| {
            let id = scenario.id.clone();
            scenario.sabotages.iter().map(move |sabotage| sabotage.trial_id(&id)).collect::<Vec<_>>()
        };
        let tries: BTreeSet<String> = self.scenarios.iter().flat_map(trials).collect();
        let plan = plan(&self.scenarios, &catalogue, &self.world.offered, &tries);
        self.recorder.emit(Event::RunStarted {
            run: RUN.to_owned(),
            harness: String::new(),
            world: "fake".to_owned(),
            world_detail: String::new(),
            arguments: Vec::new(),
        });
        self.recorder.promise(RUN, plan.clone());
        let journal = Journal::new(self.world.journal_home(), RUN);
        let run = RunContext { world: &self.world, recorder: &self.recorder, journal: &journal };
        run_all(run, &self.scenarios, &plan, stop).await;
        let status = if stop.is_asked() { RunStatus::Interrupted } else { RunStatus::Complete };
        self.recorder.emit(Event::RunEnded { status });
        judge_record(&record::read(self.place.path()).unwrap())
    }

    /// What happened, without observations.
    fn lines(&self) -> Vec<String> {
        let timeline = self.fake.timeline();
        let lines = timeline.lock();
        lines.iter().filter(|line| !line.starts_with("get ")).map(|line| in_words(line)).collect()
    }

    /// The lines of a scenario's own changes and of its ends.
    fn lines_of(&self, words: &[&str]) -> Vec<String> {
        self.lines().into_iter().filter(|line| words.iter().any(|word| line.starts_with(word))).collect()
    }

    async fn until_seen(&self, line: &str) {
        let seen = until(line, Duration::from_secs(10), Duration::from_millis(2), async || {
            if self.lines().iter().any(|one| one == line) { Check::Ready(()) } else { Check::NotYet(String::new()) }
        });
        seen.await.unwrap();
    }
}

fn verdict_of<'a>(judgement: &'a Judgement, name: &str) -> &'a ScenarioVerdict {
    judgement.scenarios.iter().find(|scenario| scenario.id == format!("test/{name}")).unwrap()
}

/// A `ConfigMap` whose mode is STRICT.
fn config(namespace: &str, name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name},
        "data": {"mode": "STRICT"},
    })
}

/// The event as a line of the timeline.
fn line(event: &Event) -> Option<String> {
    match event {
        Event::ScenarioStarted { scenario } => Some(format!("start {scenario}")),
        Event::ScenarioEnded { scenario, ending, .. } => Some(match ending {
            Ending::Done => format!("end {scenario}"),
            other => format!("end {scenario}, {other}"),
        }),
        Event::ChangeAnnounced { step, undo, .. } => Some(format!("announce {step}: {undo}")),
        Event::ChangesUndone { changes } => Some(format!("undone: {}", changes.len())),
        Event::Leftover { what } => Some(format!("leftover {what}")),
        _ => None,
    }
}

/// Entries of the journal, whose names have a time.
fn in_words(line: &str) -> String {
    match line.split_once(" Secret kube-system/mtls-e2e-change-") {
        Some(("apply", _)) => "write journal".to_owned(),
        Some(("delete", _)) => "erase journal".to_owned(),
        _ => line.to_owned(),
    }
}

const REQUIREMENTS: &str = r#"apiVersion: mtls-e2e/v1alpha2
kind: Requirements
items:
- {id: MESH-01, level: core, source: seed, text: "The mode is STRICT.", pass: "it is"}
"#;

const HEAD: &str = "apiVersion: mtls-e2e/v1alpha2
kind: Scenario
metadata: {id: test/NAME, title: A scenario of a test, tags: [test], owner: test}
proves: [MESH-01]
needs: {features: [kubernetes], budget: 2m}
isolation: ISOLATION
";

/// A judged look at a `ConfigMap` in `n`.
fn look(name: &str) -> String {
    format!(
        "- id: looks
  requirements: [MESH-01]
  get: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: {name}}}
  expect: {{data.mode: STRICT}}
"
    )
}
