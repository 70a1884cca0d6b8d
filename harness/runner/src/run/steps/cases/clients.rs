//! Hostile clients: one participant connects to a port of a server with every certificate of the file.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use mtls_core::scenario::{
    cases::{Case, TargetKind},
    model::{self, CaseGrid, Participant},
};
use mtls_protocol::attempts::{Attempt, AttemptsJob};
use serde_json::Value;

use super::{super::job::line, Column, PARALLEL};
use crate::{
    corpus::{Corpus, Endpoint, PositiveControl, Turn, attempts, controls, samples},
    run::error::StepError,
    stack::istio,
};

/// Number of concurrent groups. The attempts of one case run one after another, so a group mostly waits.
const GROUPS: usize = 4;
/// Time limit of one attempt in the client.
const ATTEMPT_LIMIT_MS: u32 = 5000;

pub(super) async fn put(
    column: &Column<'_>,
    cases: &CaseGrid,
    corpus: &Corpus<'_>,
    from: &Participant,
) -> Result<(), StepError> {
    let endpoint = endpoint(column, from)?;
    let all = column.cases(cases);
    let controls = controls(&cases.of, &all, column.kind);
    let run_group = async |group: &[&Case]| -> Result<(), StepError> {
        let before = round(column, corpus, &endpoint, &controls, Turn::Before, from).await?;
        let attempts = attempts(corpus, &endpoint, group, Turn::Cases, cases.repeat);
        let results = run_attempts(column, from, attempts).await?;
        let after = round(column, corpus, &endpoint, &controls, Turn::After, from).await?;
        let control = PositiveControl { before, after };
        let evidence = column.evidence(&results);
        for case in group {
            let samples = samples(&results, &endpoint, case, Turn::Cases, &control);
            column.record(case, samples.into_iter().map(Ok).collect(), &evidence);
        }
        Ok(())
    };
    let groups = all.chunk_by(|one, next| one.group == next.group);
    stream::iter(groups.map(run_group)).buffer_unordered(GROUPS).try_collect().await
}

fn endpoint(column: &Column<'_>, from: &Participant) -> Result<Endpoint, StepError> {
    let context = column.context;
    let port = column.target.port.ok_or_else(|| StepError("the target names no port".to_owned()))?;
    let server = context.member(&column.target.to)?;
    let address = match column.kind {
        TargetKind::Envoy => context.world.proxy(server).map_err(|error| StepError::of(&error))?,
        _ => context.world.address(from, server, port),
    };
    // The application's own TLS port does not use the ALPN of the mesh.
    let alpn = if port == model::ServerPort::AppMtls { Vec::new() } else { vec![istio::PEERS] };
    Ok(Endpoint {
        name: column.kind.word().to_owned(),
        kind: column.kind,
        host: address.host,
        port: address.port,
        alpn,
        timeout_ms: ATTEMPT_LIMIT_MS,
    })
}

/// Runs every positive control once and returns its outcome by case.
async fn round(
    column: &Column<'_>,
    corpus: &Corpus<'_>,
    endpoint: &Endpoint,
    controls: &[&Case],
    turn: Turn,
    from: &Participant,
) -> Result<BTreeMap<String, String>, StepError> {
    let results = run_attempts(column, from, attempts(corpus, endpoint, controls, turn, 1)).await?;
    let none = PositiveControl::default();
    let outcome = |case: &&Case| {
        let facts = samples(&results, endpoint, case, turn, &none).into_iter().next()?;
        Some((case.id.clone(), facts["outcome"].as_str()?.to_owned()))
    };
    Ok(controls.iter().filter_map(outcome).collect())
}

async fn run_attempts(
    column: &Column<'_>,
    from: &Participant,
    attempts: Vec<Attempt>,
) -> Result<Vec<Value>, StepError> {
    if attempts.is_empty() {
        return Ok(Vec::new());
    }
    let turns: usize = attempts.iter().map(|attempt| 1 + attempt.then.len()).sum();
    let turns = u32::try_from(turns / PARALLEL).unwrap_or(u32::MAX);
    // Generous: a target that never answers is an observation and must not become a harness error.
    let limit = Duration::from_secs(30) + Duration::from_millis(ATTEMPT_LIMIT_MS.into()).saturating_mul(turns + 1);
    let job = line(&AttemptsJob { parallel: PARALLEL, attempts })?;
    let world = column.context.world;
    world.run_client(from, &["attempts"], &job, limit).await.map_err(|error| StepError::of(&error))
}
