//! Hostile servers: one member serves every certificate of the file, the target calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{Column, PARALLEL};
use crate::{
    corpus::{Corpus, Shop, servers, sightings, visits},
    run::context::Trouble,
    scenario::model::{Cases, CastMember},
};

const START_LIMIT: Duration = Duration::from_secs(20);
/// For the server's last lines after the client's: it writes one when a connection has ended.
const LINES_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn put(
    column: &Column<'_>,
    cases: &Cases,
    corpus: &Corpus<'_>,
    from: &CastMember,
) -> Result<(), Trouble> {
    let context = column.context;
    let visitor = context.member(&column.target.to)?;
    let all = column.cases(cases);
    let host = context.world.place(from).await.map_err(|error| Trouble::of(&error))?;
    let job = format!("{}\n", servers(corpus, &all, &host));
    let server =
        context.world.start_client(from, &["serve"], job.as_bytes()).await.map_err(|error| Trouble::of(&error))?;
    let mut lines = BufReader::new(server.stdout).lines();
    let first = tokio::time::timeout(START_LIMIT, lines.next_line())
        .await
        .map_err(|_| Trouble(format!("the hostile server names no ports within {START_LIMIT:?}")))?
        .map_err(|error| Trouble::of(&error))?;
    let first = first.ok_or_else(|| Trouble("the hostile server ended before it listened".to_owned()))?;
    let shop = Shop { host, ports: ports(&first)?, identity: cases.identity.clone(), root: corpus.root_pem() };
    let visits = visits(&shop, &all, cases.repeat);
    let limit = Duration::from_secs(60) + Duration::from_secs(2).saturating_mul(cases.repeat);
    let job = format!("{}\n", json!({"parallel": PARALLEL, "attempts": visits}));
    let results = context
        .world
        .run_client(visitor, &["attempts"], job.as_bytes(), limit)
        .await
        .map_err(|error| Trouble::of(&error))?;
    let mut missing: BTreeSet<String> =
        results.iter().filter_map(|result| result["local"].as_str().map(str::to_owned)).collect();
    let mut seen = Vec::new();
    let reading = async {
        while !missing.is_empty() {
            let Ok(Some(line)) = lines.next_line().await else { break };
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            missing.remove(line["remote"].as_str().unwrap_or_default());
            seen.push(line);
        }
    };
    // Lines that do not come leave their cases without the server's view, which is then judged as missing.
    let _ = tokio::time::timeout(LINES_LIMIT, reading).await;
    let evidence = [column.evidence(&results), column.evidence(&seen)].concat();
    for case in all {
        column.record(case, sightings(&results, &seen, case), &evidence);
    }
    Ok(())
}

fn ports(line: &str) -> Result<BTreeMap<String, u16>, Trouble> {
    let line: Value = serde_json::from_str(line).map_err(|error| Trouble(format!("{line}: {error}")))?;
    serde_json::from_value(line["listening"].clone()).map_err(|error| Trouble(format!("{line}: {error}")))
}
