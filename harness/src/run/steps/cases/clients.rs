//! Hostile clients: one member calls a server's port with every certificate of the file.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{Column, PARALLEL};
use crate::{
    corpus::{Corpus, Endpoint, PositiveControl, Turn, attempts, controls, samples},
    run::error::StepError,
    scenario::{
        cases::{Case, TargetKind},
        model::{self, Cases, CastMember},
    },
    stack::istio,
};

/// Groups at once: repetitions follow each other, so one group alone waits more than it works.
const GROUPS: usize = 4;
/// For one attempt, within the client.
const ATTEMPT_LIMIT_MS: u32 = 5000;

pub(super) async fn put(
    column: &Column<'_>,
    cases: &Cases,
    corpus: &Corpus<'_>,
    from: &CastMember,
) -> Result<(), StepError> {
    let door = door(column, from)?;
    let all = column.cases(cases);
    let controls = controls(&cases.of, &all, column.kind);
    let sandwich = async |group: &[&Case]| -> Result<(), StepError> {
        let before = round(column, corpus, &door, &controls, Turn::Before, from).await?;
        let asked = attempts(corpus, &door, group, Turn::Cases, cases.repeat);
        let results = ask(column, from, asked).await?;
        let after = round(column, corpus, &door, &controls, Turn::After, from).await?;
        let bread = PositiveControl { before, after };
        let evidence = column.evidence(&results);
        for case in group {
            let seen = samples(&results, &door, case, Turn::Cases, &bread);
            column.record(case, seen.into_iter().map(Ok).collect(), &evidence);
        }
        Ok(())
    };
    let groups = all.chunk_by(|one, next| one.group == next.group);
    stream::iter(groups.map(sandwich)).buffer_unordered(GROUPS).try_collect().await
}

fn door(column: &Column<'_>, from: &CastMember) -> Result<Endpoint, StepError> {
    let context = column.context;
    let port = column.target.column.ok_or_else(|| StepError("the target names no column".to_owned()))?;
    let server = context.member(&column.target.to)?;
    let address = match column.kind {
        TargetKind::Envoy => context.world.proxy(server).map_err(|error| StepError::of(&error))?,
        _ => context.world.address(from, server, port),
    };
    // A port that ends TLS itself needs no protocol name of the mesh.
    let alpn = if port == model::Column::OwnTls { Vec::new() } else { vec![istio::PEERS] };
    Ok(Endpoint {
        name: column.kind.word().to_owned(),
        kind: column.kind,
        host: address.host,
        port: address.port,
        alpn,
        timeout_ms: ATTEMPT_LIMIT_MS,
    })
}

/// Every control once: its outcome by case.
async fn round(
    column: &Column<'_>,
    corpus: &Corpus<'_>,
    door: &Endpoint,
    controls: &[&Case],
    turn: Turn,
    from: &CastMember,
) -> Result<BTreeMap<String, String>, StepError> {
    let results = ask(column, from, attempts(corpus, door, controls, turn, 1)).await?;
    let none = PositiveControl::default();
    let outcome = |case: &&Case| {
        let facts = samples(&results, door, case, turn, &none).into_iter().next()?;
        Some((case.id.clone(), facts["outcome"].as_str()?.to_owned()))
    };
    Ok(controls.iter().filter_map(outcome).collect())
}

async fn ask(column: &Column<'_>, from: &CastMember, attempts: Vec<Value>) -> Result<Vec<Value>, StepError> {
    if attempts.is_empty() {
        return Ok(Vec::new());
    }
    let turns: usize = attempts.iter().map(|attempt| 1 + attempt["then"].as_array().map_or(0, Vec::len)).sum();
    let turns = u32::try_from(turns / PARALLEL).unwrap_or(u32::MAX);
    // Generous: a target that never answers is an observation, and must not become our trouble.
    let limit = Duration::from_secs(30) + Duration::from_millis(ATTEMPT_LIMIT_MS.into()).saturating_mul(turns + 1);
    let job = format!("{}\n", json!({"parallel": PARALLEL, "attempts": attempts}));
    let world = column.context.world;
    world.run_client(from, &["attempts"], job.as_bytes(), limit).await.map_err(|error| StepError::of(&error))
}
