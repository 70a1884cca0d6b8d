//! `probe`: a handshake grid, one job per row, all columns and attempts in it.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::identity;
use crate::{
    probe::{Caller, facts, log_view},
    run::context::{Context, Look, Trouble},
    scenario::{
        cell_id,
        model::{CastMember, Column, Mesh, Probe, Step},
    },
    wait::pause,
    world::Address,
};

/// Longest wait for the sidecar's log to catch up: Envoy flushes once a second.
const LOG_PATIENCE: Duration = Duration::from_secs(8);

/// Attempts every cell and records each attempt under the cell's own check.
pub(crate) async fn run(context: &Context<'_>, step: &Step, probe: &Probe) {
    let started = Timestamp::now();
    let rows = probe.rows.keys().map(async |row| (row.as_str(), attempt_row(context, probe, row).await));
    let results = futures::future::join_all(rows).await;
    let entries = server_log(context, probe, started, &results).await;
    for (row, result) in results {
        for column in &probe.columns {
            let check = cell_id(&context.scenario.id, &step.id, row, *column);
            match &result {
                Err(trouble) => context.could_not_look(check, trouble),
                Ok(reports) => record_cell(context, probe, row, *column, reports, entries.as_deref(), &check),
            }
        }
    }
}

fn record_cell(
    context: &Context<'_>,
    probe: &Probe,
    row: &str,
    column: Column,
    reports: &[Value],
    entries: Option<&[Value]>,
    check: &str,
) {
    for attempt in 0..probe.attempts {
        let id = attempt_id(row, column, attempt);
        match reports.iter().find(|report| report["id"] == id.as_str()) {
            None => {
                context.could_not_look(check.to_owned(), &Trouble(format!("the client did not report attempt {id}")));
            }
            Some(report) => {
                let view =
                    entries.and_then(|entries| log_view(entries, &caller(context, probe, row, column, &id, report)));
                let evidence = context.recorder.put(report.to_string().as_bytes(), "application/json");
                context.observed(
                    check.to_owned(),
                    Look { facts: facts(report, view.as_ref()), source: "direct", evidence },
                );
            }
        }
    }
}

fn caller<'b>(
    context: &Context<'_>,
    probe: &Probe,
    row: &str,
    column: Column,
    attempt: &'b str,
    report: &'b Value,
) -> Caller<'b> {
    let cast = &context.scenario.cast;
    let (member, server) = (cast.get(row), cast.get(&probe.to));
    let own = || report["local"].as_str().unwrap_or_default().to_owned();
    Caller {
        attempt,
        local: member.and_then(|member| context.world.source(member)).unwrap_or_else(own),
        has_sidecar: member.is_some_and(|member| member.mesh == Mesh::In),
        port: member.zip(server).map_or(0, |(member, server)| context.world.address(member, server, column).port),
    }
}

async fn attempt_row(context: &Context<'_>, probe: &Probe, row: &str) -> Result<Vec<Value>, Trouble> {
    let (client, server) = (context.member(row)?, context.member(&probe.to)?);
    let identity = match &client.identity {
        None => None,
        Some(identity) => {
            let material = identity::material(context, row, identity).await?;
            Some(json!({"source": "inline", "cert": material.chain, "key": material.key(), "ca": material.chain}))
        }
    };
    let attempts: Vec<Value> = probe
        .columns
        .iter()
        .flat_map(|column| (0..probe.attempts).map(move |attempt| (*column, attempt)))
        .map(|(column, attempt)| {
            let address = context.world.address(client, server, column);
            attempt_job(client, server, column, &address, &attempt_id(row, column, attempt), identity.as_ref())
        })
        .collect();
    let limit = Duration::from_secs(20)
        + Duration::from_secs(6) * u32::try_from(attempts.len()).unwrap_or(u32::MAX) / context.world.pace().parallel;
    let job = format!("{}\n", json!({"parallel": context.world.pace().parallel, "attempts": attempts}));
    context.world.run_client(client, &["attempts"], job.as_bytes(), limit).await.map_err(|error| Trouble::of(&error))
}

/// How a client speaks to a port. Behind a sidecar it speaks plainly and the sidecar makes the session, except on the
/// port where the server's own TLS is meant; with an identity of its own it speaks TLS itself, as a sidecar would
/// (ALPN `istio`) where a sidecar listens.
fn attempt_job(
    client: &CastMember,
    server: &CastMember,
    column: Column,
    address: &Address,
    id: &str,
    identity: Option<&Value>,
) -> Value {
    let own_tls = column == Column::OwnTls;
    let (tls, identity, verify) = match identity {
        Some(identity) => ("on", identity.clone(), json!({"mode": "record-only"})),
        None if own_tls && client.mesh == Mesh::In => {
            ("on", json!({"source": "files"}), json!({"mode": "spiffe", "id": server.spiffe()}))
        }
        None => ("off", json!({"source": "none"}), json!({"mode": "record-only"})),
    };
    let alpn = if tls == "on" && !own_tls { vec!["istio"] } else { Vec::new() };
    json!({
        "id": id, "host": address.host, "port": address.port, "protocol": if column == Column::Tcp { "tcp" } else { "http" },
        "tls": tls, "alpn": alpn, "sni": null, "identity": identity, "verify": verify,
        "path": if column == Column::Metrics { "/metrics" } else { "/whoami" }, "headers": {"x-request-id-e2e": id}, "timeout_ms": 5000,
    })
}

fn attempt_id(row: &str, column: Column, attempt: u32) -> String {
    format!("{row}.{}.{attempt}", column.word())
}

/// The access log of the server's sidecar, read until every attempt whose peer only it can name is in it.
async fn server_log(
    context: &Context<'_>,
    probe: &Probe,
    since: Timestamp,
    results: &[(&str, Result<Vec<Value>, Trouble>)],
) -> Option<Vec<Value>> {
    let server = context.member(&probe.to).ok()?;
    let answered: BTreeMap<&str, &Value> = results
        .iter()
        .filter_map(|(row, result)| result.as_ref().ok().map(|reports| (*row, reports)))
        .flat_map(|(row, reports)| reports.iter().map(move |report| (row, report)))
        .filter(|(row, report)| {
            report["ended"] == "answered"
                && report["body"]["listener"] == "tcp"
                && context.scenario.cast.get(*row).is_some_and(|member| member.mesh == Mesh::In)
        })
        .collect();
    let deadline = Timestamp::now() + LOG_PATIENCE;
    loop {
        let entries = context.world.access_log(server, since).await.ok()?;
        let complete = answered
            .iter()
            .all(|(row, report)| log_view(&entries, &caller(context, probe, row, Column::Tcp, "", report)).is_some());
        if (complete && Timestamp::now() > since + context.world.pace().log_delay) || Timestamp::now() > deadline {
            context.recorder.put(json!(entries).to_string().as_bytes(), "application/json");
            return Some(entries);
        }
        pause(Duration::from_millis(500)).await;
    }
}
