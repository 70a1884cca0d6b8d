//! Hostile servers, and the reference client that visits them.

use std::{collections::BTreeMap, time::Duration};

use harness::{
    corpus::{Corpus, HostileServers, PositiveControl, controls, first_outcomes, servers, sightings, visits},
    scenario::cases::{Case, TargetKind},
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{SERVER, programs};

/// What a visitor saw of every case; `verify` takes the place of its own way of believing a server.
pub(crate) async fn visit(corpus: &Corpus<'_>, repeat: u32, verify: Option<Value>) -> BTreeMap<String, Vec<Value>> {
    let cases: Vec<_> = corpus.file.cases.iter().collect();
    let mut server = programs::started("mtls-client", "serve").spawn().unwrap();
    // It serves until its input ends.
    let mut input = server.stdin.take().unwrap();
    input.write_all(format!("{}\n", servers(corpus, &cases, "127.0.0.1")).as_bytes()).await.unwrap();
    let mut lines = programs::lines(&mut server);
    let listening: Value = serde_json::from_str(&lines.next_line().await.unwrap().expect("it listens")).unwrap();
    let ports = serde_json::from_value(listening["listening"].clone()).unwrap();
    let shop =
        HostileServers { host: "127.0.0.1".to_owned(), ports, identity: SERVER.to_owned(), root: corpus.root_pem() };
    let ask = async |cases: &[&Case], repeat| {
        let mut visits = visits(&shop, cases, repeat);
        for visit in &mut visits {
            if let Some(verify) = &verify {
                visit["verify"] = verify.clone();
            }
        }
        programs::client("attempts", &json!({"parallel": 24, "attempts": visits})).await
    };
    let controls = controls(corpus.file, &cases, TargetKind::Client);
    let before = ask(&controls, 1).await;
    let results = ask(&cases, repeat).await;
    let after = ask(&controls, 1).await;
    let told = [before.len(), results.len(), after.len()].iter().sum();
    let mut seen: Vec<Value> = Vec::new();
    let reading = async {
        while seen.len() < told {
            let Ok(Some(line)) = lines.next_line().await else { break };
            seen.push(serde_json::from_str(&line).unwrap());
        }
    };
    // What is missing then is seen as missing where the two views are joined.
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
    drop(input);
    let bread = PositiveControl { before: first_outcomes(&before), after: first_outcomes(&after) };
    let of = |case: &Case| sightings(&results, &seen, case, &bread).into_iter().collect::<Result<_, _>>().unwrap();
    cases.into_iter().map(|case| (case.id.clone(), of(case))).collect()
}
