//! Hostile servers, and the calls of a client at them.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use harness::corpus::{
    Corpus, HostileServers, PositiveControl, case_of, controls, first_outcomes, server_samples, servers, visits,
};
use mtls_core::scenario::cases::{Case, TargetKind};
use mtls_protocol::{
    attempts::{Attempt, AttemptsJob, Protocol, Switch, Verify},
    client::{Call, CallsJob},
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{SERVER, programs};

/// Who calls the servers.
pub(crate) enum Visitor {
    ReferenceClient,
    /// The probe, with this verification.
    Probe(Verify),
}

/// The facts of the visitor's calls at the server of each case.
pub(crate) async fn observe(corpus: &Corpus<'_>, repeat: u32, visitor: Visitor) -> BTreeMap<String, Vec<Value>> {
    let cases: Vec<_> = corpus.file.cases.iter().collect();
    let mut server = programs::started("mtls-probe", "serve").spawn().unwrap();
    // The server runs until its input ends.
    let mut input = server.stdin.take().unwrap();
    input
        .write_all(format!("{}\n", json!(servers(corpus, &cases, Ipv4Addr::LOCALHOST.into()))).as_bytes())
        .await
        .unwrap();
    let mut lines = programs::lines(&mut server);
    let listening: Value = serde_json::from_str(&lines.next_line().await.unwrap().expect("it listens")).unwrap();
    let ports = serde_json::from_value(listening["listening"].clone()).unwrap();
    let target =
        HostileServers { host: "127.0.0.1".to_owned(), ports, identity: SERVER.to_owned(), root: corpus.root_pem() };
    let ask = async |cases: &[&Case], repeat| {
        let calls = visits(&target, cases, repeat);
        match &visitor {
            Visitor::ReferenceClient => programs::run("mtls-client", "calls", &CallsJob { parallel: 24, calls }).await,
            Visitor::Probe(verify) => {
                let attempts = calls.iter().map(|call| attempt(call, &target, verify)).collect();
                programs::run("mtls-probe", "attempts", &AttemptsJob { parallel: 24, attempts }).await
            }
        }
    };
    let controls = controls(corpus.file, &cases, TargetKind::Client);
    let before = ask(&controls, 1).await;
    let results = ask(&cases, repeat).await;
    let after = ask(&controls, 1).await;
    let attempted = [before.len(), results.len(), after.len()].iter().sum();
    let mut seen: Vec<Value> = Vec::new();
    let reading = async {
        while seen.len() < attempted {
            let Ok(Some(line)) = lines.next_line().await else { break };
            seen.push(serde_json::from_str(&line).unwrap());
        }
    };
    // Joining the two views reports lines that are still missing.
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
    drop(input);
    let control = PositiveControl { before: first_outcomes(&before), after: first_outcomes(&after) };
    let of =
        |case: &Case| server_samples(&results, &seen, case, &control).into_iter().collect::<Result<_, _>>().unwrap();
    cases.into_iter().map(|case| (case.id.clone(), of(case))).collect()
}

/// The same call, by the probe.
fn attempt(call: &Call, target: &HostileServers, verify: &Verify) -> Attempt {
    let port = target.ports[case_of(&call.id)];
    let mut attempt = Attempt::new(&call.id, &target.host, port, Protocol::Http);
    (attempt.tls, attempt.verify) = (Switch::On, verify.clone());
    attempt
}
