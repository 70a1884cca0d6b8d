//! A certificate from records on disk, and the stages that would make them.

use std::{os::unix::fs::PermissionsExt as _, process::ExitCode};

use clap::Parser as _;
use jiff::Timestamp;
use mtls_core::{
    certificate::{profile::Sabotage, source::Source as Tree},
    evidence::{
        event::{Ending, Entry, Event, RunStatus, Sample},
        lock::Lock,
        log,
        plan::Plan,
    },
};
use serde_json::json;

use super::*;
use crate::{Command as Subcommand, commands::verify::checked};

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn arguments(words: &str) -> Arguments {
    let words = format!("cargo-xtask certify {words}");
    match crate::Arguments::parse_from(words.split(' ')).command {
        Subcommand::Certify(arguments) => arguments,
        _ => panic!("{words}"),
    }
}

fn tree() -> Tree {
    Tree {
        commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        changed: Vec::new(),
        infrastructure: DIGEST.to_owned(),
        scenarios: DIGEST.to_owned(),
    }
}

fn profile() -> Profile {
    Profile {
        name: "team".to_owned(),
        says: "What a team demands.".to_owned(),
        levels: std::collections::BTreeSet::new(),
        requirements: ["MESH-01".to_owned()].into(),
        without_tags: std::collections::BTreeSet::new(),
        sabotage: Sabotage::Demanded,
        valid_days: 90,
    }
}

/// What a record is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Run,
    Proof,
}

/// One scenario with one check, and one sabotage of it.
fn plan(of: Of) -> Plan {
    let tried = of == Of::Proof;
    let scenario = |id: &str, is_run| {
        let check = json!({
            "id": format!("{id}#plain"), "step": "plain", "says": "", "requirements": ["MESH-01"], "when": {"when": "once"}, "min_samples": 1,
            "expect": [{"path": "outcome", "matcher": {"is": "equals", "value": "reset"}}], "cell": null, "line": 1,
        });
        let checks = if is_run { vec![check] } else { Vec::new() };
        json!({"id": id, "title": "t", "says": "", "file": "f", "checks": checks, "not_applicable": null})
    };
    let because = json!([{"path": "outcome", "matcher": {"is": "equals", "value": "established"}}]);
    let plan = json!({
        "scenarios": [scenario("a/b", true)],
        "requirements": [{"id": "MESH-01", "text": "t", "level": "core", "source": "seed"}],
        "sabotages": [{
            "scenario": "a/b", "says": "", "tried": tried, "trial": scenario("a/b!open", tried),
            "red": [{"name": "plain", "because": because}], "green": [], "requirements": ["MESH-01"],
        }],
    });
    serde_json::from_value(plan).unwrap()
}

fn record(folder: &Path, world: &str, of: Of) {
    let now: Timestamp = "2026-11-24T10:15:00Z".parse().unwrap();
    let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let plan = plan(of);
    let facts = json!({
        "source": tree(), "support": [], "images": [{"name": "istio/proxyv2:1.30.3", "running": DIGEST}],
        "image-origins": [{"name": "istio/proxyv2:1.30.3", "digest": DIGEST}],
    });
    let mut events = vec![
        Event::RunStarted {
            run: id.clone(),
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            world: world.to_owned(),
            world_detail: String::new(),
            arguments: Vec::new(),
        },
        Event::Environment { facts: serde_json::from_value(facts).unwrap() },
        Event::Planned { plan: plan.clone() },
    ];
    let mut see = |scenario: &str, outcome: &str| {
        let scenario = scenario.to_owned();
        let step = if scenario.contains('!') { "sabotage" } else { "plain" };
        let facts = json!({"outcome": outcome});
        let sample = Sample { at: now, facts, source: "direct".to_owned(), evidence: Vec::new(), problem: None };
        events.push(Event::ScenarioStarted { scenario: scenario.clone() });
        events.push(Event::StepEnded {
            scenario: scenario.clone(),
            step: step.to_owned(),
            ending: Ending::Done,
            took_ms: 1,
        });
        events.push(Event::Observed { scenario: scenario.clone(), check: format!("{scenario}#plain"), sample });
        events.push(Event::ScenarioEnded { scenario, ending: Ending::Done, took_ms: 1 });
    };
    see("a/b", "reset");
    if of == Of::Proof {
        see("a/b!open", "established");
    }
    events.push(Event::RunEnded { status: RunStatus::Complete });
    let entries: Vec<Entry> = (0..).zip(events).map(|(seq, event)| Entry { seq, at: now, event }).collect();
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(log::FILE_NAME), log::spell(&entries).unwrap()).unwrap();
    Lock::of(&id, &plan).write(folder).unwrap();
}

/// Certifies two records in this folder that are of this world.
fn certified(out: &Path, world: &str) -> (Arguments, ExitCode) {
    let (run, proof) = (out.join("run-1"), out.join("proof-1"));
    record(&run, world, Of::Run);
    record(&proof, world, Of::Proof);
    let (key, out) = (out.join("key.pem"), out.display());
    let arguments = arguments(&format!("--new-key {} --out {out}", key.display()));
    let records = Records { run, proofs: vec![proof], earlier: Vec::new() };
    let here = Here { source: Some(tree()), problems: 0, earlier: Vec::new() };
    let signing = arguments.signer.open().unwrap();
    let code = certify(&arguments, &profile(), signing, &records, here).unwrap();
    (arguments, code)
}

#[test]
fn a_certificate_of_records_on_disk_verifies_and_its_key_is_private() {
    let out = tempfile::tempdir().unwrap();
    let (arguments, code) = certified(out.path(), "kind");
    assert_eq!(code, ExitCode::from(Exit::Conformant.code()));
    let text = fs::read_to_string(out.path().join("certificate.pub")).unwrap();
    let key = mtls_core::certificate::key::PublicKey::read(&text).unwrap();
    let steps = checked(&out.path().join(CERTIFICATE), Some(&key), "2026-11-25".parse().unwrap());
    assert_eq!(mtls_core::certificate::verify::exit(&steps), Exit::Conformant, "{steps:#?}");
    let private = out.path().join("key.pem");
    assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
    let line = fs::read_to_string(&private).unwrap().lines().nth(1).unwrap().to_owned();
    for (path, bytes) in Files::read(&out.path().join(CERTIFICATE)).unwrap().iter() {
        assert!(!String::from_utf8_lossy(bytes).contains(&line), "{path} has the private key");
    }
    // Too late, and never twice.
    let late = checked(&out.path().join(CERTIFICATE), Some(&key), "2036-11-25".parse().unwrap());
    assert_eq!(mtls_core::certificate::verify::exit(&late), Exit::NothingProven);
    assert!(run(&arguments).unwrap_err().to_string().contains("never overwritten"));
}

#[test]
fn a_loopback_world_has_no_certificate_and_leaves_no_key() {
    let out = tempfile::tempdir().unwrap();
    let (_, code) = certified(out.path(), "loopback");
    assert_eq!(code, ExitCode::from(Exit::Usage.code()));
    for file in [CERTIFICATE, "certificate.pub", "key.pem"] {
        assert!(!out.path().join(file).exists(), "{file}");
    }
}

#[test]
fn the_stages_run_and_prove_the_profile_in_one_world() {
    let arguments = arguments("--unsigned --out o --name rc1 --infra /trees --stack seed-era --mirror h:1");
    let lines: Vec<String> = stages(&arguments, &profile())
        .iter()
        .map(|stage| format!("{}: {}", stage.name, stage.words.join(" ")))
        .collect();
    assert_eq!(
        lines,
        [
            "images: images --stack seed-era get --mirror h:1",
            "up: up --name rc1 --stack seed-era --infra /trees --mirror h:1",
            "run: e2e --env kind --name rc1 --profile team --stack seed-era --infra /trees",
            "proof: prove --env kind --name rc1 --profile team --stack seed-era --infra /trees",
        ]
    );
    for stage in stages(&arguments, &profile()) {
        let words = ["cargo-xtask".to_owned()].into_iter().chain(stage.words);
        crate::Arguments::try_parse_from(words).unwrap_or_else(|error| panic!("{}: {error}", stage.name));
    }
}
