//! Measures what every kind of target makes of every case of the corpus, which is where `expect` in the case files
//! comes from.
//!
//! `cargo run -p harness --example corpus-grid -- FILE [ENVOY]` writes the outcomes to FILE as JSON: by case file, case
//! and target. ENVOY is that program; without it the two kinds of proxy are left out. It judges nothing:
//! `tests/selftest.rs` does.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends by panicking")]

#[path = "../../tests/corpus/mod.rs"]
#[expect(dead_code, reason = "what the self-test judges with is not used here")]
mod corpus;
mod envoy;

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use mtls_core::scenario::cases::TargetKind;
use serde_json::Value;

use corpus::{
    Bench, case_file, endpoint,
    hostile_servers::{Visitor, observe},
    present,
    workload::Workload,
};
use envoy::Envoy;

/// Attempts per case: enough to see a target that does not always answer the same.
const REPEAT: u32 = 20;

/// Outcomes by case and target.
type Grid = BTreeMap<String, BTreeMap<&'static str, String>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (file, envoy) = match arguments.as_slice() {
        [file] => (file, None),
        [file, envoy] => (file, Some(Path::new(envoy))),
        _ => return Err("usage: corpus-grid FILE [ENVOY]".into()),
    };
    let bench = Bench::new();
    let measured = BTreeMap::from([
        ("client-certificates", client_certificates(&bench, envoy).await),
        ("server-certificates", server_certificates(&bench).await),
    ]);
    std::fs::write(file, serde_json::to_string_pretty(&measured)?)?;
    Ok(())
}

async fn client_certificates(bench: &Bench, envoy: Option<&Path>) -> Grid {
    let file = case_file("client-certificates");
    let made = bench.corpus(&file);
    let server = Workload::start(bench, "strict").await;
    let mut endpoints = vec![endpoint(TargetKind::Rustls, server.port("mtls"))];
    let proxy = match envoy {
        Some(program) => Some(Envoy::start(program, bench, server.port("http")).await),
        None => None,
    };
    if let Some(proxy) = &proxy {
        endpoints.push(endpoint(TargetKind::Sidecar, proxy.sidecar));
        endpoints.push(endpoint(TargetKind::Envoy, proxy.plain));
    }
    let mut grid = Grid::new();
    for endpoint in &endpoints {
        for (case, samples) in present(&made, endpoint, REPEAT).await {
            grid.entry(case).or_default().insert(endpoint.kind.word(), outcomes(&samples));
        }
    }
    grid
}

async fn server_certificates(bench: &Bench) -> Grid {
    let file = case_file("server-certificates");
    let samples = observe(&bench.corpus(&file), REPEAT, Visitor::ReferenceClient).await;
    let of_client = |samples: Vec<Value>| BTreeMap::from([(TargetKind::Client.word(), outcomes(&samples))]);
    samples.into_iter().map(|(case, samples)| (case, of_client(samples))).collect()
}

fn outcomes(samples: &[Value]) -> String {
    let mut seen: Vec<&str> = samples.iter().filter_map(|facts| facts["outcome"].as_str()).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.join(" ")
}
