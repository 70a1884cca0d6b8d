//! Every case of the corpus can be seen red: without a cluster, against programs that let everybody in, or nobody.
//!
//! A case that stays green against both proves nothing wherever it runs. `CORPUS_GRID=FILE` writes what every kind of target
//! makes of every case, which is where `expect` in the case files comes from; `ENVOY=PROGRAM` adds the proxies.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod corpus;

use std::collections::BTreeMap;

use harness::{
    scenario::{
        case_id,
        cases::{CaseFile, Expect, TargetKind},
    },
    verdict::{Judgement, Verdict},
};
use serde_json::{Value, json};

use corpus::{Bench, case_file, door, envoy::Envoy, put, record::Record, shop::visit, workload::Workload};

const CLIENTS: &str = "tls/client-certificates";
const SERVERS: &str = "tls/server-certificates";
const REPEAT: u32 = 20;
/// One failure is enough, and whoever gets in is read from for half a second.
const RED_REPEAT: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_are_seen_red_where_everybody_or_nobody_gets_in() {
    let file = case_file("client-certificates");
    let bench = Bench::new();
    let made = bench.corpus(&file);
    for (verify, expect) in [("accept-anything", Expect::Refuse), ("refuse-everything", Expect::Accept)] {
        let server = Workload::start(&bench, verify).await;
        let seen = put(&made, &door(TargetKind::Rustls, server.mtls), RED_REPEAT).await;
        let judgement = judged(CLIENTS, TargetKind::Rustls, seen);
        every_one_is_red(&file, TargetKind::Rustls, expect, &judgement, CLIENTS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_are_green_where_they_are_told_apart() {
    let file = case_file("client-certificates");
    let bench = Bench::new();
    let server = Workload::start(&bench, "strict").await;
    let seen = put(&bench.corpus(&file), &door(TargetKind::Rustls, server.mtls), REPEAT).await;
    every_one_is_green(&file, TargetKind::Rustls, &judged(CLIENTS, TargetKind::Rustls, seen), CLIENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_servers_are_seen_red_by_a_client_that_believes_everything_or_nothing() {
    let file = case_file("server-certificates");
    let bench = Bench::new();
    let made = bench.corpus(&file);
    let nobody = json!({"mode": "spiffe", "id": "spiffe://x0tta6bl4.mesh/ns/nowhere/sa/nobody", "ca": made.root_pem()});
    for (verify, expect) in [(json!({"mode": "anything"}), Expect::Refuse), (nobody, Expect::Accept)] {
        let judgement = judged(SERVERS, TargetKind::Client, visit(&made, RED_REPEAT, Some(verify)).await);
        every_one_is_red(&file, TargetKind::Client, expect, &judgement, SERVERS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_servers_are_green_when_the_client_tells_them_apart() {
    let file = case_file("server-certificates");
    let bench = Bench::new();
    let seen = visit(&bench.corpus(&file), REPEAT, None).await;
    every_one_is_green(&file, TargetKind::Client, &judged(SERVERS, TargetKind::Client, seen), SERVERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grid_is_measured_on_demand() {
    let Some(path) = std::env::var_os("CORPUS_GRID") else { return };
    let (clients, servers) = (case_file("client-certificates"), case_file("server-certificates"));
    let bench = Bench::new();
    let made = bench.corpus(&clients);
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
    let mut grid: BTreeMap<String, BTreeMap<String, BTreeMap<&str, String>>> = BTreeMap::new();
    for door in &doors {
        let of = grid.entry("client-certificates".to_owned()).or_default();
        for (case, samples) in put(&made, door, REPEAT).await {
            of.entry(case).or_default().insert(door.kind.word(), outcomes(&samples));
        }
    }
    let of = grid.entry("server-certificates".to_owned()).or_default();
    for (case, samples) in visit(&bench.corpus(&servers), REPEAT, None).await {
        of.entry(case).or_default().insert(TargetKind::Client.word(), outcomes(&samples));
    }
    std::fs::write(path, serde_json::to_string_pretty(&grid).unwrap()).unwrap();
}

fn judged(scenario: &str, kind: TargetKind, seen: BTreeMap<String, Vec<Value>>) -> Judgement {
    let mut record = Record::of(scenario);
    for (case, samples) in seen {
        record.observe(&case_id(scenario, "run", &case, kind), samples);
    }
    record.judged()
}

/// Every case with this expectation must be a failure, and must have been tried.
fn every_one_is_red(file: &CaseFile, kind: TargetKind, expect: Expect, judgement: &Judgement, scenario: &str) {
    let survivors: Vec<String> = verdicts(file, kind, judgement, scenario)
        .filter(|(case, verdict, _)| file.case(case).unwrap().expect[&kind] == expect && *verdict != Verdict::Fail)
        .map(|(case, verdict, reason)| format!("{case}: {} ({reason})", verdict.word()))
        .collect();
    assert!(survivors.is_empty(), "cannot be seen red, so green proves nothing:\n{}", survivors.join("\n"));
}

fn every_one_is_green(file: &CaseFile, kind: TargetKind, judgement: &Judgement, scenario: &str) {
    let red: Vec<String> = verdicts(file, kind, judgement, scenario)
        .filter(|(_, verdict, _)| *verdict != Verdict::Pass)
        .map(|(case, verdict, reason)| format!("{case}: {} ({reason})", verdict.word()))
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
}

/// Cases that this build can make, with what the judge says; there must be most of the file.
fn verdicts<'a>(
    file: &'a CaseFile,
    kind: TargetKind,
    judgement: &'a Judgement,
    scenario: &'a str,
) -> impl Iterator<Item = (&'a str, Verdict, &'a str)> {
    let all: Vec<_> = file
        .cases
        .iter()
        .filter(|case| case.expect.contains_key(&kind))
        .filter_map(|case| {
            let id = case_id(scenario, "run", &case.id, kind);
            let check = judgement.checks.iter().find(|check| check.id == id).unwrap();
            (check.verdict != Verdict::NotApplicable).then_some((
                case.id.as_str(),
                check.verdict,
                check.reason.as_str(),
            ))
        })
        .collect();
    assert!(all.len() >= 59, "only {} cases were put to {}", all.len(), kind.word());
    all.into_iter()
}

fn outcomes(samples: &[Value]) -> String {
    let mut seen: Vec<&str> = samples.iter().filter_map(|facts| facts["outcome"].as_str()).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.join(" ")
}
