//! Builds event logs: a clock that only `pass_time` moves, and one method per kind of event.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mtls_core::evidence::{
    event::{Ending, Entry, Event, RunStatus, Sample},
    plan::{Plan, PlannedScenario},
};
use serde_json::{Value, json};

pub(crate) struct Run {
    entries: Vec<Entry>,
    now: Timestamp,
    plan: Plan,
}

impl Run {
    /// A run whose world is up and whose plan is locked.
    pub(crate) fn planned(id: &str, plan: Plan) -> Self {
        let mut run = Self::started(id, "kind");
        run.environment(super::environment::facts());
        run.phase("images", Ending::Done, 41_200);
        run.phase("nodes", Ending::Done, 38_750);
        run.phase("stack", Ending::Done, 96_400);
        run.plan(plan);
        run
    }

    pub(crate) fn started(id: &str, world: &str) -> Self {
        let now = "2026-11-24T10:15:00Z".parse().unwrap();
        let mut run = Self { entries: Vec::new(), now, plan: Plan::default() };
        run.push(Event::RunStarted {
            run: id.to_owned(),
            harness: "0.1.0".to_owned(),
            world: world.to_owned(),
            world_detail: "one node, Kubernetes 1.36.1".to_owned(),
            arguments: vec!["e2e".to_owned()],
        });
        run
    }

    pub(crate) fn push(&mut self, event: Event) {
        let seq = u64::try_from(self.entries.len()).unwrap();
        self.entries.push(Entry { seq, at: self.now, event });
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn pass_time(&mut self, milliseconds: u64) {
        self.now += SignedDuration::from_millis(i64::try_from(milliseconds).unwrap());
    }

    pub(crate) fn environment(&mut self, facts: Value) {
        let facts: BTreeMap<String, Value> = serde_json::from_value(facts).unwrap();
        self.push(Event::Environment { facts });
    }

    pub(crate) fn phase(&mut self, phase: &str, result: Ending, took_ms: u64) {
        self.pass_time(took_ms);
        self.push(Event::PhaseEnded { phase: phase.to_owned(), result, took_ms });
    }

    pub(crate) fn plan(&mut self, plan: Plan) {
        self.plan = plan.clone();
        self.push(Event::Planned { plan });
    }

    pub(crate) fn begin(&mut self, scenario: &str) {
        self.pass_time(120);
        self.push(Event::ScenarioStarted { scenario: scenario.to_owned() });
    }

    pub(crate) fn end(&mut self, scenario: &str, ending: Ending, took_ms: u64) {
        self.pass_time(80);
        self.push(Event::ScenarioEnded { scenario: scenario.to_owned(), ending, took_ms });
    }

    pub(crate) fn step(&mut self, scenario: &str, step: &str, ending: Ending, took_ms: u64) {
        self.push(Event::StepEnded { scenario: scenario.to_owned(), step: step.to_owned(), ending, took_ms });
    }

    /// One sample of a check, named without its scenario.
    pub(crate) fn see(&mut self, scenario: &str, check: &str, facts: Value) {
        self.observe(scenario, check, facts, None);
    }

    /// An observation that failed.
    pub(crate) fn unobserved(&mut self, scenario: &str, check: &str, problem: &str) {
        self.observe(scenario, check, Value::Null, Some(problem.to_owned()));
    }

    fn observe(&mut self, scenario: &str, check: &str, facts: Value, problem: Option<String>) {
        self.pass_time(210);
        let check = format!("{scenario}#{check}");
        let evidence = vec![super::folder::digest(self.entries.len())];
        let sample = Sample { at: self.now, facts, source: source(&check).to_owned(), evidence, problem };
        self.push(Event::Observed { scenario: scenario.to_owned(), check, sample });
    }

    /// A mark on the timeline, in milliseconds from now.
    pub(crate) fn mark(&mut self, scenario: &str, track: &str, label: &str, from: u64, until: Option<u64>) {
        let at = |offset: u64| self.now + SignedDuration::from_millis(i64::try_from(offset).unwrap());
        let event = Event::Marked {
            scenario: scenario.to_owned(),
            track: track.to_owned(),
            label: label.to_owned(),
            from: at(from),
            until: until.map(at),
            facts: BTreeMap::from([("source".to_owned(), json!("direct"))]),
        };
        self.push(event);
    }

    /// The mark of a certificate, as the runner makes it when it first sees one.
    pub(crate) fn named(&mut self, scenario: &str, track: &str, label: &str, from: u64) {
        let event = Event::Marked {
            scenario: scenario.to_owned(),
            track: track.to_owned(),
            label: label.to_owned(),
            from: self.now + SignedDuration::from_millis(i64::try_from(from).unwrap()),
            until: None,
            facts: BTreeMap::from([("not-after".to_owned(), json!("2026-11-24T10:20:00Z"))]),
        };
        self.push(event);
    }

    pub(crate) fn withheld(&mut self, scenario: &str, media_type: &str, bytes: u64) {
        let (scenario, media_type) = (scenario.to_owned(), media_type.to_owned());
        self.push(Event::EvidenceWithheld { scenario, media_type, bytes });
    }

    pub(crate) fn leftover(&mut self, what: &str) {
        self.push(Event::Leftover { what: what.to_owned() });
    }

    /// The plan's view of a scenario.
    pub(crate) fn planned_scenario(&self, scenario: &str) -> PlannedScenario {
        self.plan.scenarios.iter().find(|planned| planned.id == scenario).unwrap().clone()
    }

    pub(crate) fn finish(mut self, status: RunStatus) -> Vec<Entry> {
        self.pass_time(400);
        self.push(Event::RunEnded { status });
        self.entries
    }

    /// The log of a run without an end.
    pub(crate) fn abandoned(self) -> Vec<Entry> {
        self.entries
    }
}

fn source(check: &str) -> &'static str {
    match check.split(['/', '#']).next() {
        Some("monitoring") => "prometheus",
        Some("rotation") => "kubernetes",
        _ => "direct",
    }
}
