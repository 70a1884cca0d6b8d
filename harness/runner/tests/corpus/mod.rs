//! Presents the corpus to the reference programs, as processes on loopback. The harness does not depend on their
//! crates.

pub(crate) mod hostile_servers;
pub(crate) mod programs;
pub(crate) mod record;
pub(crate) mod workload;

use std::{collections::BTreeMap, path::PathBuf};

use harness::corpus::{Corpus, Endpoint, PositiveControl, Turn, attempts, controls, samples};
use jiff::Timestamp;
use mtls_core::scenario::cases::{Case, CaseFile, TargetKind, load};
use mtls_pki::{Authority, IssuingCa};
use mtls_protocol::attempts::{Attempt, AttemptsJob};
use serde_json::Value;

/// The client identity that the reference stack accepts.
pub(crate) const CLIENT: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client";
/// The identity of the server.
pub(crate) const SERVER: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/proxy-api";

/// A hierarchy under which the corpus is made.
pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) issuing: IssuingCa,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let authority = Authority::generate().unwrap();
        let issuing = authority.issuing().unwrap();
        Self { authority, issuing }
    }

    pub(crate) fn corpus<'a>(&self, file: &'a CaseFile) -> Corpus<'a> {
        let spiffe = match file.presented_by {
            mtls_pki::forge::Side::Client => CLIENT,
            mtls_pki::forge::Side::Server => SERVER,
        };
        Corpus::make(file, &self.issuing, spiffe, Timestamp::now().as_second()).unwrap()
    }
}

pub(crate) fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

pub(crate) fn case_file(name: &str) -> CaseFile {
    let catalogue = mtls_core::catalogue::load(&scenarios().join("requirements.yaml")).unwrap();
    let levels = catalogue.requirements.into_iter().map(|requirement| (requirement.id, requirement.level)).collect();
    load(&scenarios(), name, &levels).unwrap_or_else(|error| panic!("{}", error.render()))
}

/// An endpoint on loopback.
pub(crate) fn endpoint(kind: TargetKind, port: u16) -> Endpoint {
    let alpn = if kind == TargetKind::Rustls { vec![] } else { vec!["istio"] };
    Endpoint { name: kind.word().to_owned(), kind, host: "127.0.0.1".to_owned(), port, alpn, timeout_ms: 5000 }
}

/// Presents every case to an endpoint, between two rounds of positive controls, and returns the facts of its attempts.
pub(crate) async fn present(corpus: &Corpus<'_>, endpoint: &Endpoint, repeat: u32) -> BTreeMap<String, Vec<Value>> {
    let cases: Vec<_> = corpus.file.cases.iter().filter(|case| case.expect.contains_key(&endpoint.kind)).collect();
    let controls = controls(corpus.file, &cases, endpoint.kind);
    let before = round(corpus, endpoint, &controls, Turn::Before).await;
    let results = ask(attempts(corpus, endpoint, &cases, Turn::Cases, repeat)).await;
    let control = PositiveControl { before, after: round(corpus, endpoint, &controls, Turn::After).await };
    let facts_of = |case| samples(&results, endpoint, case, Turn::Cases, &control);
    cases.into_iter().map(|case| (case.id.clone(), facts_of(case))).collect()
}

async fn round(corpus: &Corpus<'_>, endpoint: &Endpoint, controls: &[&Case], turn: Turn) -> BTreeMap<String, String> {
    let results = ask(attempts(corpus, endpoint, controls, turn, 1)).await;
    let none = PositiveControl::default();
    controls
        .iter()
        .map(|case| {
            let facts = samples(&results, endpoint, case, turn, &none).swap_remove(0);
            (case.id.clone(), facts["outcome"].as_str().unwrap().to_owned())
        })
        .collect()
}

async fn ask(attempts: Vec<Attempt>) -> Vec<Value> {
    programs::run("mtls-probe", "attempts", &AttemptsJob { parallel: 24, attempts }).await
}
