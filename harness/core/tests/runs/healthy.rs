//! The events of the planned scenarios in a healthy world, with a hook to spoil single checks.

use mtls_core::evidence::event::Ending;
use serde_json::{Value, json};

use super::{
    builder::Run,
    plan::{ALERTS, COLUMNS, FEDERATION, GRID, ROTATION, ROWS, TRAFFIC},
};

/// Facts for the n-th sample of a check (named without its scenario), or `None` for healthy facts.
pub(crate) type Spoiler<'a> = &'a dyn Fn(&str, usize) -> Option<Value>;

pub(crate) const NOTHING: Spoiler<'static> = &|_, _| None;

pub(crate) fn all(run: &mut Run, spoil: Spoiler<'_>) {
    grid(run, spoil);
    rotation(run, spoil);
    traffic(run, spoil);
    alerts(run, spoil);
    federation(run);
}

pub(crate) fn grid(run: &mut Run, spoil: Spoiler<'_>) {
    run.begin(GRID);
    probe(run, spoil, ROWS.len());
    run.step(GRID, "production", Ending::Done, 16_800);
    run.end(GRID, Ending::Done, 17_040);
}

/// The attempts of the first rows of the grid.
pub(crate) fn probe(run: &mut Run, spoil: Spoiler<'_>, rows: usize) {
    for (row, legends) in &ROWS[..rows] {
        for (column, legend) in COLUMNS.into_iter().zip(legends) {
            let check = format!("production.{row}.{column}");
            for attempt in 0..5 {
                run.see(GRID, &check, spoil(&check, attempt).unwrap_or_else(|| cell(legend)));
            }
        }
    }
}

/// Facts of a cell with this legend in a healthy mesh.
pub(crate) fn cell(legend: &str) -> Value {
    match legend {
        "mtls" => json!({
            "outcome": "established",
            "tls": {"version": "TLSv1.3"},
            "server": {"saw": {"spiffe": "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client", "requests": 1}},
        }),
        "open" => json!({"outcome": "plaintext-accepted"}),
        "closed" => json!({"outcome": "reset", "server": {"saw": {"requests": 0}}}),
        "forbidden" => json!({"outcome": "http-denied(403)"}),
        _ => json!({"outcome": "tls-alert(unknown_ca)"}),
    }
}

pub(crate) fn rotation(run: &mut Run, spoil: Spoiler<'_>) {
    run.begin(ROTATION);
    let certificate = |ready: &str, revision: u64| {
        json!({
            "spec": {"duration": "720h"},
            "status": {"conditions": [{"type": "Ready", "status": ready}], "revision": revision},
        })
    };
    let see = |run: &mut Run, check: &str, sample: usize, facts: Value| {
        run.see(ROTATION, check, spoil(check, sample).unwrap_or(facts));
    };
    see(run, "before", 0, certificate("True", 1));
    run.step(ROTATION, "before", Ending::Done, 240);
    run.mark(ROTATION, "certificate", "Secret deleted", 0, None);
    run.mark(ROTATION, "certificate", "without a Secret", 0, Some(2_400));
    run.pass_time(2_600);
    run.mark(ROTATION, "serial in use", "serial#1", 0, None);
    see(run, "deleted", 0, json!({"renewals": 1, "window-without-secret-ms": 2400, "serials": {"distinct": 2}}));
    run.step(ROTATION, "deleted", Ending::Done, 2_810);
    for sample in 0..5 {
        run.pass_time(800);
        let facts = if sample < 2 { certificate("False", 1) } else { certificate("True", 2) };
        see(run, "again-ready", sample, facts);
    }
    run.step(ROTATION, "again-ready", Ending::Done, 5_050);
    run.end(ROTATION, Ending::Done, 8_400);
}

pub(crate) fn traffic(run: &mut Run, spoil: Spoiler<'_>) {
    run.begin(TRAFFIC);
    run.mark(TRAFFIC, "traffic", "50 requests per second", 0, Some(22_000));
    run.mark(TRAFFIC, "renewal", "serial#1", 0, Some(7_200));
    run.mark(TRAFFIC, "renewal", "serial#2", 6_900, Some(14_100));
    run.mark(TRAFFIC, "renewal", "serial#3", 13_800, Some(22_000));
    run.mark(TRAFFIC, "first use", "serial#2 at the server", 7_350, None);
    run.mark(TRAFFIC, "first use", "serial#2 at the client", 7_420, None);
    run.mark(TRAFFIC, "first use", "serial#3 at the server", 14_300, None);
    run.mark(TRAFFIC, "fault", "issuer unreachable", 9_000, Some(12_500));
    run.mark(TRAFFIC, "alert", "CertificateExpiringSoon pending", 10_200, Some(12_900));
    for sample in 0..11 {
        run.pass_time(1_790);
        let facts = json!({"sent": 100 * (sample + 1), "ok": 100 * (sample + 1), "lost": 0, "unattributed": 0});
        run.see(TRAFFIC, "no-loss", spoil("no-loss", sample).unwrap_or(facts));
    }
    run.step(TRAFFIC, "no-loss", Ending::Done, 22_000);
    let facts = json!({"sent": 1100, "handshakes-after-not-after": 0, "serials": {"server": 3}});
    run.see(TRAFFIC, "summed-up", spoil("summed-up", 0).unwrap_or(facts));
    run.step(TRAFFIC, "summed-up", Ending::Done, 220);
    run.end(TRAFFIC, Ending::Done, 22_500);
}

pub(crate) fn alerts(run: &mut Run, spoil: Spoiler<'_>) {
    run.begin(ALERTS);
    run.see(ALERTS, "series-exist", spoil("series-exist", 0).unwrap_or(json!({"series": 4})));
    run.step(ALERTS, "series-exist", Ending::Done, 230);
    for sample in 0..6 {
        run.pass_time(2_800);
        run.see(ALERTS, "silent", spoil("silent", sample).unwrap_or(json!({"state": "inactive"})));
    }
    run.step(ALERTS, "silent", Ending::Done, 18_060);
    run.end(ALERTS, Ending::Done, 18_400);
}

pub(crate) fn federation(run: &mut Run) {
    let reason = run.planned_scenario(FEDERATION).not_applicable.unwrap();
    run.end(FEDERATION, Ending::NotApplicable { reason }, 0);
}
