//! The reference programs as processes on loopback, and the corpus put to them. The harness does not depend on their crates.

pub(crate) mod envoy;
pub(crate) mod programs;
pub(crate) mod workload;

use std::{collections::BTreeMap, path::PathBuf};

use harness::{
    corpus::{Bread, Corpus, Door, Turn, attempts, samples},
    pki::{Authority, IssuingCa},
    scenario::cases::{CaseFile, TargetKind, load},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Whom the reference stack lets in.
pub(crate) const CLIENT: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client";
/// Who the server is.
pub(crate) const SERVER: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/proxy-api";

/// A hierarchy with the corpus made under it.
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
            harness::pki::forge::Side::Client => CLIENT,
            harness::pki::forge::Side::Server => SERVER,
        };
        Corpus::make(file, &self.issuing, spiffe, Timestamp::now().as_second()).unwrap()
    }
}

pub(crate) fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

pub(crate) fn case_file(name: &str) -> CaseFile {
    let catalogue = harness::catalogue::load(&scenarios().join("requirements.yaml")).unwrap();
    let ids = catalogue.requirements.into_iter().map(|requirement| requirement.id).collect();
    load(&scenarios(), name, &ids).unwrap_or_else(|error| panic!("{}", error.render()))
}

/// A door on loopback.
pub(crate) fn door(kind: TargetKind, port: u16) -> Door {
    let alpn = if kind == TargetKind::Rustls { vec![] } else { vec!["istio"] };
    Door { name: kind.word().to_owned(), kind, host: "127.0.0.1".to_owned(), port, alpn, timeout_ms: 5000 }
}

/// What every case saw at a door, attempt by attempt.
pub(crate) async fn put(corpus: &Corpus<'_>, door: &Door, repeat: u32) -> BTreeMap<String, Vec<Value>> {
    let cases: Vec<_> = corpus.file.cases.iter().filter(|case| case.expect.contains_key(&door.kind)).collect();
    let asked = attempts(corpus, door, &cases, Turn::Cases, repeat);
    let results = programs::client("attempts", &json!({"parallel": 24, "attempts": asked})).await;
    let bread = Bread::default();
    let seen = |case| samples(&results, door, case, Turn::Cases, &bread);
    cases.into_iter().map(|case| (case.id.clone(), seen(case))).collect()
}
