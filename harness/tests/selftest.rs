//! Every case of the corpus can be seen red: without a cluster, against programs that let everybody in, or nobody.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod corpus;

use std::collections::BTreeMap;

use harness::scenario::cases::TargetKind;
use serde_json::Value;

use corpus::{Bench, case_file, door, envoy::Envoy, put, workload::Workload};

/// Writes what every kind of target makes of every case, when `CORPUS_GRID` names a file: `expect` comes from there.
#[tokio::test(flavor = "multi_thread")]
async fn the_grid_is_measured_on_demand() {
    let Some(path) = std::env::var_os("CORPUS_GRID") else { return };
    let file = case_file("client-certificates");
    let bench = Bench::new();
    let made = bench.corpus(&file);
    let server = Workload::start(&bench, "strict").await;
    let mut doors = vec![door(TargetKind::Rustls, server.mtls)];
    let proxy = match std::env::var_os("ENVOY") {
        Some(program) => Some(Envoy::start(program.as_ref(), &bench, server.http).await),
        None => None,
    };
    if let Some(proxy) = &proxy {
        doors.push(door(TargetKind::Sidecar, proxy.sidecar));
        doors.push(door(TargetKind::Envoy, proxy.plain));
    }
    let mut grid: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for door in &doors {
        for (case, samples) in put(&made, door, 20).await {
            let mut seen: Vec<String> = samples.iter().map(|facts| word(&facts["outcome"])).collect();
            seen.sort();
            seen.dedup();
            if !seen.is_empty() {
                grid.entry(case).or_default().insert(door.kind.word(), seen.join(" "));
            }
        }
    }
    std::fs::write(path, serde_json::to_string_pretty(&grid).unwrap()).unwrap();
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
