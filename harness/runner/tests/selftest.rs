//! Every case of the corpus can turn red: without a cluster, against programs that accept every peer or refuse every
//! peer.
//!
//! A case that stays green against both proves nothing anywhere. The example `corpus-grid` measures the answers of each
//! kind of target.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod corpus;

use std::collections::BTreeMap;

use mtls_core::{
    scenario::{
        case_id,
        cases::{CaseFile, Expect, TargetKind},
    },
    verdict::{Judgement, Verdict},
};
use mtls_protocol::attempts::Verify;
use serde_json::Value;

use corpus::{
    Bench, case_file, endpoint,
    hostile_servers::{Visitor, observe},
    present,
    record::Record,
    workload::Workload,
};

const CLIENTS: &str = "tls/client-certificates";
const SERVERS: &str = "tls/server-certificates";
const REPEAT: u32 = 20;
/// Number of attempts: one failure is enough, and each accepted attempt takes half a second.
const RED_REPEAT: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_turn_red_where_every_or_no_client_is_accepted() {
    let file = case_file("client-certificates");
    let bench = Bench::new();
    let made = bench.corpus(&file);
    for (verify, expect) in [("accept-anything", Expect::Refuse), ("refuse-everything", Expect::Accept)] {
        let server = Workload::start(&bench, verify).await;
        let seen = present(&made, &endpoint(TargetKind::Rustls, server.port("mtls")), RED_REPEAT).await;
        let judgement = judged(CLIENTS, TargetKind::Rustls, seen);
        every_one_is_red(&file, TargetKind::Rustls, expect, &judgement, CLIENTS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_are_green_where_the_server_verifies() {
    let file = case_file("client-certificates");
    let bench = Bench::new();
    let server = Workload::start(&bench, "strict").await;
    let seen = present(&bench.corpus(&file), &endpoint(TargetKind::Rustls, server.port("mtls")), REPEAT).await;
    every_one_is_as_recorded(&file, TargetKind::Rustls, &judged(CLIENTS, TargetKind::Rustls, seen), CLIENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_servers_turn_red_for_a_client_that_accepts_every_or_no_server() {
    let file = case_file("server-certificates");
    let bench = Bench::new();
    let made = bench.corpus(&file);
    let id = "spiffe://x0tta6bl4.mesh/ns/nowhere/sa/nobody".to_owned();
    let nobody = Verify::Spiffe { id, ca: Some(made.root_pem()) };
    for (verify, expect) in [(Verify::Anything, Expect::Refuse), (nobody, Expect::Accept)] {
        let judgement = judged(SERVERS, TargetKind::Client, observe(&made, RED_REPEAT, Visitor::Probe(verify)).await);
        every_one_is_red(&file, TargetKind::Client, expect, &judgement, SERVERS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_servers_are_green_for_a_client_that_verifies() {
    let file = case_file("server-certificates");
    let bench = Bench::new();
    let seen = observe(&bench.corpus(&file), REPEAT, Visitor::ReferenceClient).await;
    every_one_is_as_recorded(&file, TargetKind::Client, &judged(SERVERS, TargetKind::Client, seen), SERVERS);
}

fn judged(scenario: &str, kind: TargetKind, seen: BTreeMap<String, Vec<Value>>) -> Judgement {
    let mut record = Record::of(scenario);
    for (case, samples) in seen {
        record.observe(&case_id(scenario, "run", &case, kind), samples);
    }
    record.judged()
}

/// Every case with this expectation must fail, and must have been tried.
fn every_one_is_red(file: &CaseFile, kind: TargetKind, expect: Expect, judgement: &Judgement, scenario: &str) {
    let survivors: Vec<String> = verdicts(file, kind, judgement, scenario)
        .filter(|(id, verdict, _)| {
            let case = file.case(id).unwrap();
            // A recorded violation is a finding and no pass, so it needs no proof.
            case.expect[&kind] == expect && !case.deviates(kind) && *verdict != Verdict::Fail
        })
        .map(|(case, verdict, reason)| format!("{case}: {} ({reason})", verdict.word()))
        .collect();
    assert!(survivors.is_empty(), "cannot be seen red, so green proves nothing:\n{}", survivors.join("\n"));
}

/// Every case passes where the target follows the standard, and is a finding where the case records that it does not.
fn every_one_is_as_recorded(file: &CaseFile, kind: TargetKind, judgement: &Judgement, scenario: &str) {
    let red: Vec<String> = verdicts(file, kind, judgement, scenario)
        .filter(|(id, verdict, _)| {
            let recorded = file.case(id).unwrap().deviates(kind);
            *verdict != if recorded { Verdict::Finding } else { Verdict::Pass }
        })
        .map(|(case, verdict, reason)| format!("{case}: {} ({reason})", verdict.word()))
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
}

/// The verdicts of the cases that this build can make; at least 59.
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
