//! `probe`: a grid of connection attempts, one job per client with all its ports and attempts.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use mtls_core::{
    expectation::Quantifier,
    probe::{self, Caller, facts, log_view},
    scenario::{
        cell_id,
        model::{HandshakeGrid, ServerPort, Step},
        verbs::probe::ProbeSpec,
    },
};
use mtls_engine::wait::pause;
use mtls_protocol::{
    attempts::{AttemptsJob, Identity},
    client::CallsJob,
};
use serde_json::{Value, json};

use super::{
    Execute, Unjudged,
    attempt::{Ask, CellCall, EXCHANGE, pause_of},
    identity,
    job::line,
    observes_nothing,
};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

/// Limit for the sidecar's access log to become complete; Envoy flushes it once a second.
const LOG_LIMIT: Duration = Duration::from_secs(15);
/// Time between two rounds of an `eventually`.
const ROUND_INTERVAL: Duration = Duration::from_millis(500);

impl Execute for ProbeSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        run(context, step, &self.0).await;
        Ok(())
    }
}

/// Attempts every cell and records each attempt under the check of its cell. Under `eventually` it repeats this until
/// every cell matches or the time is over.
async fn run(context: &Context<'_>, step: &Step, grid: &HandshakeGrid) {
    let until = match step.when {
        Quantifier::Eventually { within, .. } => Instant::now().checked_add(within),
        _ => None,
    };
    loop {
        let round = cells(context, grid).await;
        let goes_on =
            until.is_some_and(|until| Instant::now() < until && !matches!(mismatch(step, grid, &round), Ok(None)));
        for cell in round {
            let check = cell_id(&context.scenario.id, &step.id, cell.row, cell.column);
            for attempt in cell.attempts {
                match attempt {
                    Err(error) => context.observation_failed(check.clone(), &error),
                    Ok(observation) => context.observed(check.clone(), observation),
                }
            }
        }
        if !goes_on {
            return;
        }
        pause(ROUND_INTERVAL).await;
    }
}

/// Attempts every cell without recording and returns the first mismatch with the legend, if any.
pub(super) async fn missing(
    context: &Context<'_>,
    step: &Step,
    grid: &HandshakeGrid,
) -> Result<Option<String>, StepError> {
    mismatch(step, grid, &cells(context, grid).await)
}

fn mismatch(step: &Step, grid: &HandshakeGrid, cells: &[Cell<'_>]) -> Result<Option<String>, StepError> {
    for cell in cells {
        let expect = grid.clients.get(cell.row).and_then(|words| {
            let word = grid.ports.iter().zip(words).find(|(column, _)| **column == cell.column)?.1;
            grid.legend.get(word)
        });
        let expect = expect.ok_or_else(|| StepError(format!("{} has no legend for {}", step.id, cell.row)))?;
        for attempt in &cell.attempts {
            let observation = attempt.as_ref().map_err(|error| StepError(error.0.clone()))?;
            if let Some(mismatch) = expect.mismatches(&observation.facts).first() {
                let observed = mismatch.observed.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                let cell = format!("{}.{}", cell.row, cell.column.word());
                return Ok(Some(format!(
                    "{cell}: {} expected {}, observed {observed}",
                    mismatch.path, mismatch.expected
                )));
            }
        }
    }
    Ok(None)
}

/// The results of all attempts of one client at one port.
struct Cell<'b> {
    row: &'b str,
    column: ServerPort,
    attempts: Vec<Result<Observation, StepError>>,
}

async fn cells<'b>(context: &Context<'_>, grid: &'b HandshakeGrid) -> Vec<Cell<'b>> {
    let started = Timestamp::now();
    let rows = grid.clients.keys().map(async |row| (row.as_str(), attempt_row(context, grid, row).await));
    let results = futures::future::join_all(rows).await;
    let entries = server_log(context, grid, started, &results).await;
    let mut cells = Vec::new();
    for (row, result) in results {
        for column in &grid.ports {
            let attempts = match &result {
                Err(error) => vec![Err(StepError(error.0.clone()))],
                Ok(reports) => attempts(context, grid, (row, *column), reports, entries.as_deref()),
            };
            cells.push(Cell { row, column: *column, attempts });
        }
    }
    cells
}

fn attempts(
    context: &Context<'_>,
    grid: &HandshakeGrid,
    (row, column): (&str, ServerPort),
    reports: &Reports,
    entries: Option<&[Value]>,
) -> Vec<Result<Observation, StepError>> {
    (0..grid.attempts)
        .map(|attempt| {
            let id = attempt_id(row, column, attempt);
            let report = |id: &str| reports.lines.iter().find(|report| report["id"] == id);
            let first = report(&id).ok_or_else(|| StepError(format!("the client did not report attempt {id}")))?;
            let view = entries.and_then(|entries| log_view(entries, &caller(context, grid, row, column, &id, first)));
            let mut facts = facts(first, view.as_ref(), reports.expiry);
            let mut evidence = context.store(first.to_string().as_bytes(), "application/json");
            if let Some(next) = report(&format!("{id}/1")) {
                facts["then"] = probe::facts(next, None, reports.expiry);
                evidence.extend(context.store(next.to_string().as_bytes(), "application/json"));
            }
            if has_lifetime(context, row) && facts["own"]["expired"] != false {
                return Err(StepError(format!(
                    "the certificate of {row} expired during {id}: give it a longer `lifetime`"
                )));
            }
            Ok(Observation { facts, source: "direct", evidence })
        })
        .collect()
}

fn has_lifetime(context: &Context<'_>, row: &str) -> bool {
    let identity = context.scenario.participants.get(row).and_then(|member| member.identity.as_ref());
    identity.is_some_and(|identity| identity.lifetime.is_some())
}

fn caller<'b>(
    context: &Context<'_>,
    grid: &HandshakeGrid,
    row: &str,
    column: ServerPort,
    attempt: &'b str,
    report: &'b Value,
) -> Caller<'b> {
    let participants = &context.scenario.participants;
    let (member, server) = (participants.get(row), participants.get(&grid.to));
    let own = || report["local"].as_str().unwrap_or_default().to_owned();
    Caller {
        attempt,
        local: member.and_then(|member| context.world.source(member)).unwrap_or_else(own),
        has_sidecar: member.is_some_and(|member| member.sidecar),
        // HTTP connections are reused, and HTTP requests are matched by their ids instead.
        application: report["body"]["remote"].as_str().filter(|_| column != ServerPort::Http).map(str::to_owned),
        port: member.zip(server).map_or(0, |(member, server)| context.world.address(member, server, column).port),
    }
}

/// The report lines of one client, and the expiry of the certificate that was issued for it.
struct Reports {
    lines: Vec<Value>,
    expiry: Option<Timestamp>,
}

async fn attempt_row(context: &Context<'_>, grid: &HandshakeGrid, row: &str) -> Result<Reports, StepError> {
    let (client, server) = (context.member(row)?, context.member(&grid.to)?);
    let (mut identity, mut expiry) = (None, None);
    if let Some(requested) = &client.identity {
        let material = identity::material(context, row, requested).await?;
        expiry = Some(identity::expiry(&material)?);
        let (cert, key) = (material.chain.clone(), material.key().to_owned().into());
        identity = Some(Identity::Inline { ca: cert.clone(), cert, key });
    }
    let (mut attempts, mut calls) = (Vec::new(), Vec::new());
    for (column, attempt) in grid.ports.iter().flat_map(|column| (0..grid.attempts).map(move |n| (*column, n))) {
        let address = context.world.address(client, server, column);
        let asking = CellCall { client, server, column, address, identity: identity.as_ref() };
        match asking.ask(&attempt_id(row, column, attempt))? {
            Ask::Client(call) => calls.push(call),
            Ask::Probe(attempt) => attempts.push(*attempt),
        }
    }
    // Attempts that wait run all at once: waiting costs nothing, and a short-lived certificate may expire in a queue.
    let pause = pause_of(client);
    let count = u32::try_from(attempts.len() + calls.len()).unwrap_or(u32::MAX).max(1);
    let parallel = if pause.is_zero() { context.world.pace().parallel } else { count };
    let limit = Duration::from_secs(20) + (EXCHANGE * 2 + pause) * count.div_ceil(parallel);
    let parallel = usize::try_from(parallel).unwrap_or(usize::MAX);
    let mut jobs = Vec::new();
    if !attempts.is_empty() {
        jobs.push(("attempts", line(&AttemptsJob { parallel, attempts })?));
    }
    if !calls.is_empty() {
        jobs.push(("calls", line(&CallsJob { parallel, calls })?));
    }
    let mut lines = Vec::new();
    for (command, job) in jobs {
        let answered = context.world.run_client(client, &[command], &job, limit).await;
        lines.extend(answered.map_err(|error| StepError::of(&error))?);
    }
    Ok(Reports { lines, expiry })
}

fn attempt_id(row: &str, column: ServerPort, attempt: u32) -> String {
    format!("{row}.{}.{attempt}", column.word())
}

/// The access log of the server's sidecar, read until it holds every TCP attempt: only this log names the peer of
/// those.
async fn server_log(
    context: &Context<'_>,
    grid: &HandshakeGrid,
    since: Timestamp,
    results: &[(&str, Result<Reports, StepError>)],
) -> Option<Vec<Value>> {
    let server = context.member(&grid.to).ok()?;
    let answered: Vec<(&str, &Value)> = results
        .iter()
        .filter_map(|(row, result)| result.as_ref().ok().map(|reports| (*row, reports)))
        .flat_map(|(row, reports)| reports.lines.iter().map(move |report| (row, report)))
        .filter(|(_, report)| report["ended"] == "answered" && report["body"]["listener"] == "tcp")
        .collect();
    let deadline = Timestamp::now() + LOG_LIMIT;
    loop {
        let entries = context.world.access_log(server, since).await.ok()?;
        let complete = answered.iter().all(|(row, report)| {
            log_view(&entries, &caller(context, grid, row, ServerPort::Tcp, "", report)).is_some()
        });
        if (complete && Timestamp::now() > since + context.world.pace().log_delay) || Timestamp::now() > deadline {
            context.store(json!(entries).to_string().as_bytes(), "application/json");
            return Some(entries);
        }
        pause(Duration::from_millis(500)).await;
    }
}
