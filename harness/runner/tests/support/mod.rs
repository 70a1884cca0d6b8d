//! Runs scenarios in their own loopback world, through the same session as `cargo xtask`.
//!
//! The world has no workloads of the mesh, so it needs neither Envoy nor a container engine.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use harness::{
    run::{Record, SessionRequest, Stop, What, Where, session},
    stack::Known,
    world::{Choice, KindRequest, loopback::Programs},
};
use mtls_core::{catalogue, evidence::event::Entry, report::write_all, scenario::model::Scenario, verdict::Judgement};
use mtls_images::Stack;
use tempfile::TempDir;

/// The scenarios to run, the faults of the client, and the trials to try.
#[derive(Default)]
pub(crate) struct Alone<'a> {
    pub(crate) run: String,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) faults: &'a [&'a str],
    pub(crate) tries: BTreeSet<String>,
}

/// Runs the scenarios and judges the record, which is deleted with the returned folder.
pub(crate) async fn run(alone: Alone<'_>, listener: Box<dyn Fn(&Entry) + Send + Sync>) -> (Judgement, TempDir) {
    let place = tempfile::tempdir().unwrap();
    let catalogue = catalogue::load(&workspace().join("scenarios/requirements.yaml")).unwrap();
    let programs = Programs::without_sidecars(&workspace()).await.unwrap();
    let trees = workspace().join("fixtures/infra");
    let known = Known::new(Stack::read(&workspace().join("fixtures/stack/stack.yaml")).unwrap(), None);
    let request = SessionRequest {
        what: What {
            tries: alone.tries,
            client_faults: alone.faults.iter().map(|fault| (*fault).to_owned()).collect(),
            ..What::only(alone.scenarios, &[], &catalogue)
        },
        place: Where {
            choice: Choice::Loopback { programs, why: "cargo test".to_owned() },
            trees: &trees,
            infra: None,
            nodes: KindRequest::default(),
        },
        record: Record {
            run: alone.run,
            directory: place.path().to_owned(),
            arguments: Vec::new(),
            known: &known,
            facts: Vec::new(),
        },
    };
    session(request, Stop::never(), listener).await.unwrap();
    let (_, judgement) = write_all(place.path()).unwrap();
    (judgement, place)
}

pub(crate) fn workspace() -> PathBuf {
    // The manifest of this package lies one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
