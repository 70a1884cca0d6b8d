//! Hostile servers: one member serves every certificate of the file, the target calls, between two rounds of its controls.

mod ledger;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use self::ledger::Ledger;
use super::{Column, PARALLEL};
use crate::{
    corpus::{Corpus, HostileServers, PositiveControl, controls, first_outcomes, servers, sightings, visits},
    run::error::StepError,
    scenario::{
        cases::Case,
        model::{Cases, CastMember},
    },
};

pub(super) async fn put(
    column: &Column<'_>,
    cases: &Cases,
    corpus: &Corpus<'_>,
    from: &CastMember,
) -> Result<(), StepError> {
    let context = column.context;
    let visitor = context.member(&column.target.to)?;
    let all = column.cases(cases);
    let host = context.world.place(from).await.map_err(|error| StepError::of(&error))?;
    let job = format!("{}\n", servers(corpus, &all, &host));
    let server =
        context.world.start_client(from, &["serve"], job.as_bytes()).await.map_err(|error| StepError::of(&error))?;
    let (ports, mut ledger) = Ledger::open(server).await?;
    let shop = HostileServers { host, ports, identity: cases.identity.clone(), root: corpus.root_pem() };
    let controls = controls(&cases.of, &all, column.kind);

    let before = round(column, &mut ledger, visitor, &shop, &controls).await?;
    let results = ledger.during(ask(column, visitor, &visits(&shop, &all, cases.repeat), cases.repeat)).await?;
    ledger.until_complete(&results).await;
    let after = round(column, &mut ledger, visitor, &shop, &controls).await?;

    let bread = PositiveControl { before, after };
    let evidence = [column.evidence(&results), column.evidence(ledger.lines())].concat();
    for case in all {
        column.record(case, sightings(&results, ledger.lines(), case, &bread), &evidence);
    }
    Ok(())
}

/// Every control once: its outcome by case.
async fn round(
    column: &Column<'_>,
    ledger: &mut Ledger,
    visitor: &CastMember,
    shop: &HostileServers,
    controls: &[&Case],
) -> Result<BTreeMap<String, String>, StepError> {
    Ok(first_outcomes(&ledger.during(ask(column, visitor, &visits(shop, controls, 1), 1)).await?))
}

async fn ask(
    column: &Column<'_>,
    visitor: &CastMember,
    visits: &[Value],
    repeat: u32,
) -> Result<Vec<Value>, StepError> {
    let limit = Duration::from_secs(60) + Duration::from_secs(2).saturating_mul(repeat);
    let job = format!("{}\n", json!({"parallel": PARALLEL, "attempts": visits}));
    let world = column.context.world;
    world.run_client(visitor, &["attempts"], job.as_bytes(), limit).await.map_err(|error| StepError::of(&error))
}
