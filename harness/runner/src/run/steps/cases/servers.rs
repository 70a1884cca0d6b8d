//! Hostile servers: one participant serves every certificate of the file and the target connects, between two rounds of
//! positive controls.

mod ledger;

use std::{collections::BTreeMap, time::Duration};

use mtls_core::scenario::{
    cases::Case,
    model::{CaseGrid, Participant},
};
use mtls_protocol::client::{Call, CallsJob};
use serde_json::Value;

use self::ledger::Ledger;
use super::{super::job::line, Column, PARALLEL};
use crate::{
    corpus::{Corpus, HostileServers, PositiveControl, controls, first_outcomes, server_samples, servers, visits},
    run::error::StepError,
};

pub(super) async fn put(
    column: &Column<'_>,
    cases: &CaseGrid,
    corpus: &Corpus<'_>,
    from: &Participant,
) -> Result<(), StepError> {
    let context = column.context;
    let client = context.member(&column.target.to)?;
    let all = column.cases(cases);
    let host = context.world.place(from).await.map_err(|error| StepError::of(&error))?;
    let listen = host.parse().map_err(|error: std::net::AddrParseError| StepError::of(&error))?;
    let job = line(&servers(corpus, &all, listen))?;
    let server = context.world.start_client(from, &["serve"], &job).await.map_err(|error| StepError::of(&error))?;
    let (ports, mut ledger) = Ledger::open(server).await?;
    let hostile = HostileServers { host, ports, identity: cases.identity.clone(), root: corpus.root_pem() };
    let controls = controls(&cases.of, &all, column.kind);

    let before = round(column, &mut ledger, client, &hostile, &controls).await?;
    let results = ledger.during(run_calls(column, client, visits(&hostile, &all, cases.repeat), cases.repeat)).await?;
    ledger.until_complete(&results).await;
    let after = round(column, &mut ledger, client, &hostile, &controls).await?;

    let control = PositiveControl { before, after };
    let evidence = [column.evidence(&results), column.evidence(ledger.lines())].concat();
    for case in all {
        column.record(case, server_samples(&results, ledger.lines(), case, &control), &evidence);
    }
    Ok(())
}

/// Runs every positive control once and returns its outcome by case.
async fn round(
    column: &Column<'_>,
    ledger: &mut Ledger,
    client: &Participant,
    hostile: &HostileServers,
    controls: &[&Case],
) -> Result<BTreeMap<String, String>, StepError> {
    Ok(first_outcomes(&ledger.during(run_calls(column, client, visits(hostile, controls, 1), 1)).await?))
}

async fn run_calls(
    column: &Column<'_>,
    client: &Participant,
    calls: Vec<Call>,
    repeat: u32,
) -> Result<Vec<Value>, StepError> {
    let limit = Duration::from_secs(60) + Duration::from_secs(2).saturating_mul(repeat);
    let job = line(&CallsJob { parallel: PARALLEL, calls })?;
    let world = column.context.world;
    world.run_client(client, &["calls"], &job, limit).await.map_err(|error| StepError::of(&error))
}
