//! Hostile servers, and the attempts of the reference client at them.

use std::{collections::BTreeMap, time::Duration};

use harness::corpus::{
    Corpus, HostileServers, PositiveControl, controls, first_outcomes, server_samples, servers, visits,
};
use mtls_core::scenario::cases::{Case, TargetKind};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{SERVER, programs};

/// The facts of the client's attempts at the server of each case; `verify` replaces the client's own verification.
pub(crate) async fn observe(corpus: &Corpus<'_>, repeat: u32, verify: Option<Value>) -> BTreeMap<String, Vec<Value>> {
    let cases: Vec<_> = corpus.file.cases.iter().collect();
    let mut server = programs::started("mtls-client", "serve").spawn().unwrap();
    // The server runs until its input ends.
    let mut input = server.stdin.take().unwrap();
    input.write_all(format!("{}\n", servers(corpus, &cases, "127.0.0.1")).as_bytes()).await.unwrap();
    let mut lines = programs::lines(&mut server);
    let listening: Value = serde_json::from_str(&lines.next_line().await.unwrap().expect("it listens")).unwrap();
    let ports = serde_json::from_value(listening["listening"].clone()).unwrap();
    let target =
        HostileServers { host: "127.0.0.1".to_owned(), ports, identity: SERVER.to_owned(), root: corpus.root_pem() };
    let ask = async |cases: &[&Case], repeat| {
        let mut attempts = visits(&target, cases, repeat);
        for attempt in &mut attempts {
            if let Some(verify) = &verify {
                attempt["verify"] = verify.clone();
            }
        }
        programs::client("attempts", &json!({"parallel": 24, "attempts": attempts})).await
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
