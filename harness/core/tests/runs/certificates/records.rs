//! Records that lead to a certificate: a run and its sabotages in a kind world, and a hook to spoil each part.

use mtls_core::{
    certificate::{
        content::{ContentError, content, record_files, sign},
        files::Files,
        judged::{Examination, Judged, Unsupported},
        key::SigningKey,
        profile::{Profile, Sabotage},
        refusal::Refusal,
    },
    evidence::{
        event::{Ending, Entry, Event, RunStatus},
        plan::{Level, Plan, PlannedCheck, PlannedRed, PlannedSabotage, PlannedScenario},
    },
    expectation::Expectations,
};
use serde_json::{Value, json};

use crate::runs::{
    builder::Run,
    folder,
    plan::{GRID, equals, once, requirement},
};

/// Check, requirements, the outcome it demands, and the outcome under its sabotage.
pub(super) const CHECKS: [(&str, &[&str], &str, &str); 3] = [
    ("plain", &["MESH-01"], "reset", "plaintext-accepted"),
    ("injected", &["MESH-01", "MESH-02"], "established", "reset"),
    ("chain", &["PKI-09"], "tls-alert(unknown_ca)", "established"),
];

/// What a certificate is made from.
pub(super) struct Material {
    pub(super) profile: Profile,
    pub(super) run: Vec<Entry>,
    pub(super) proofs: Vec<Vec<Entry>>,
    pub(super) unsupported: Unsupported,
    pub(super) created: &'static str,
}

/// A record: which sabotages it tries, and what its checks see.
pub(super) struct Shape<'a> {
    pub(super) id: &'a str,
    pub(super) tries: &'a [&'a str],
    /// The outcome of a check (named with its scenario) instead of the healthy one.
    pub(super) sees: &'a dyn Fn(&str) -> Option<Value>,
    pub(super) status: Option<RunStatus>,
}

impl Default for Shape<'_> {
    fn default() -> Self {
        Self { id: "20261124T101500-run", tries: &[], sees: &|_| None, status: Some(RunStatus::Complete) }
    }
}

pub(super) fn core() -> Profile {
    Profile {
        name: "team".to_owned(),
        says: "What a team demands.".to_owned(),
        levels: [Level::Core, Level::Extended].into(),
        requirements: ["PKI-09".to_owned()].into(),
        without_tags: ["nightly".to_owned()].into(),
        sabotage: Sabotage::Demanded,
        valid_days: 90,
    }
}

/// Everything is as it must be.
pub(super) fn good() -> Material {
    named("20261124T101500-run")
}

/// [`good`] with another id of the run.
pub(super) fn named(id: &'static str) -> Material {
    let proof = Shape { id: "20261124T111500-proof", tries: &["plain", "injected", "chain"], ..Shape::default() };
    Material {
        profile: core(),
        run: record(&Shape { id, ..Shape::default() }),
        proofs: vec![record(&proof)],
        unsupported: Unsupported::Refused,
        created: "2026-11-25T12:00:00Z",
    }
}

impl Material {
    pub(super) fn parts(&self) -> (Vec<(Files, Judged)>, jiff::Timestamp) {
        let records = [&self.run].into_iter().chain(&self.proofs).map(|entries| {
            let directory = tempfile::tempdir().unwrap();
            folder::put(entries, directory.path());
            let (files, record) = record_files(&|name| std::fs::read(directory.path().join(name))).unwrap();
            (files, Judged::of(record))
        });
        (records.collect(), self.created.parse().unwrap())
    }

    /// The files of the certificate, or the reasons against it.
    pub(super) fn certificate(&self, key: Option<&SigningKey>) -> Result<Files, Vec<Refusal>> {
        let (records, created) = self.parts();
        let (files, judged): (Vec<Files>, Vec<Judged>) = records.into_iter().unzip();
        let (run, proofs) = (&judged[0], &judged[1..]);
        let examined = Examination { profile: &self.profile, run, proofs, created, unsupported: self.unsupported };
        let signer = key.map(|key| key.public().hint());
        match content(&examined, &files[0], &files[1..], signer.as_deref()) {
            Ok(mut files) => {
                if let Some(key) = key {
                    sign(&mut files, key).unwrap();
                }
                Ok(files)
            }
            Err(ContentError::Refused(refusals)) => Err(refusals),
            Err(error @ ContentError::Render(_)) => panic!("{error}"),
        }
    }
}

pub(super) fn record(shape: &Shape<'_>) -> Vec<Entry> {
    let mut run = Run::planned(shape.id, plan(shape.tries));
    run.environment(environment());
    observe(&mut run, GRID, shape, |_| false);
    for name in shape.tries {
        let trial = format!("{GRID}!{name}");
        run.step(&trial, "sabotage", Ending::Done, 900);
        observe(&mut run, &trial, shape, |check| check == *name);
    }
    let mut entries = match shape.status {
        Some(status) => run.finish(status),
        None => run.abandoned(),
    };
    if let Event::RunStarted { harness, .. } = &mut entries[0].event {
        env!("CARGO_PKG_VERSION").clone_into(harness);
    }
    entries
}

fn observe(run: &mut Run, scenario: &str, shape: &Shape<'_>, is_sabotaged: impl Fn(&str) -> bool) {
    run.begin(scenario);
    for (check, _, healthy, sabotaged) in CHECKS {
        let outcome = if is_sabotaged(check) { sabotaged } else { healthy };
        let seen = (shape.sees)(&format!("{scenario}#{check}"));
        run.see(scenario, check, seen.unwrap_or_else(|| json!({"outcome": outcome})));
        run.step(scenario, check, Ending::Done, 400);
    }
    run.end(scenario, Ending::Done, 1_900);
}

pub(super) fn plan(tries: &[&str]) -> Plan {
    let levels =
        [("MESH-01", Level::Core), ("MESH-02", Level::Core), ("PKI-09", Level::Extended), ("TLS-02", Level::Extended)];
    Plan {
        scenarios: vec![scenario(GRID)],
        requirements: levels.map(|(id, level)| requirement(id, level, "It is demanded.", "seed")).to_vec(),
        sabotages: CHECKS.iter().map(|(check, ..)| sabotage(check, tries.contains(check))).collect(),
        wild: Vec::new(),
    }
}

fn scenario(id: &str) -> PlannedScenario {
    let check = |(name, requirements, outcome, _): &(&str, &[&str], &str, &str)| -> PlannedCheck {
        once(id, name, requirements, vec![equals("outcome", json!(outcome))])
    };
    PlannedScenario {
        id: id.to_owned(),
        title: "Only callers from the mesh get in".to_owned(),
        says: String::new(),
        file: "scenarios/strict/enforcement-grid.yaml".to_owned(),
        checks: CHECKS.iter().map(check).collect(),
        not_applicable: None,
    }
}

fn sabotage(name: &str, tried: bool) -> PlannedSabotage {
    let mut trial = scenario(&format!("{GRID}!{name}"));
    if !tried {
        trial.checks.clear();
    }
    let (_, requirements, _, sabotaged) = CHECKS.iter().find(|(check, ..)| *check == name).unwrap();
    PlannedSabotage {
        fingerprint: format!("sha256:{}", "ab".repeat(32)),
        scenario: GRID.to_owned(),
        says: format!("somebody made {name} wrong"),
        library: None,
        tried,
        trial,
        red: vec![PlannedRed {
            name: name.to_owned(),
            because: Expectations(vec![equals("outcome", json!(sabotaged))]),
        }],
        green: CHECKS.iter().map(|(check, ..)| (*check).to_owned()).filter(|check| check != name).collect(),
        requirements: requirements.iter().map(|&id| id.to_owned()).collect(),
    }
}

/// What a kind world records beside what every canned run has.
pub(super) fn environment() -> Value {
    let digest = |pair: &str| format!("sha256:{}", pair.repeat(32));
    json!({
        "stack": {"name": "current"},
        "source": {
            "commit": "0123456789abcdef0123456789abcdef01234567", "changed": [], "infrastructure": digest("33"), "scenarios": digest("44"),
        },
        "images": [
            {"name": "docker.io/istio/proxyv2:1.30.3", "running": digest("11")},
            {"name": "docker.io/istio/pilot:1.30.3", "running": format!("docker.io/istio/pilot@{}", digest("22"))},
        ],
        "image-origins": [
            {"name": "docker.io/istio/proxyv2:1.30.3", "digest": digest("11"), "origin": {"built-from-source": {"module": "istio"}}},
            {"name": "docker.io/istio/pilot:1.30.3", "digest": digest("55"), "origin": {"pulled": {"digest": digest("22")}}},
        ],
    })
}
