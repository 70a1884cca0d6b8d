//! A run with everything that reports draw over time: a rotation under traffic that loses requests, lifetimes with their
//! renewals, timed handshakes, sabotages; and a policy that let a caller in.

use jiff::{SignedDuration, Timestamp};
use mtls_core::evidence::{
    event::{Ending, Entry, RunStatus},
    plan::{PlannedRed, PlannedSabotage, PlannedScenario},
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    healthy,
    plan::{self, GRID, ROTATION, ROWS, TRAFFIC, equals, once},
};

const OLD: &str = "3f9c01d2a4b55e6677889900aabbccddeeff0011";
const NEW: &str = "7b20e4c9118d3a5f66778899aabbccdd00112233";
const CLIENT: &str = "55e1908fa2c3d4e5f60718293a4b5c6d7e8f9001";
const HOLDER: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/proxy-api";

pub(crate) fn over_time() -> Vec<Entry> {
    let mut plan = plan::only(&[GRID, ROTATION, TRAFFIC]);
    plan.scenarios[0].checks.push(once(
        GRID,
        "declared",
        &["MESH-01"],
        vec![equals("kind", json!("PeerAuthentication"))],
    ));
    plan.sabotages = ["permissive", "wide-open"].map(|name| sabotage(name, &plan.scenarios[0])).to_vec();
    let mut run = Run::planned("20261124T101500-times", plan);
    grid(&mut run);
    rotation(&mut run);
    traffic(&mut run);
    trial(&mut run, "permissive", "plaintext-accepted");
    trial(&mut run, "wide-open", "reset");
    run.finish(RunStatus::Complete)
}

/// One port answers a caller in plaintext, and the policy that was read before says why.
fn grid(run: &mut Run) {
    run.begin(GRID);
    let spec = json!({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"9000": {"mode": "PERMISSIVE"}}});
    let metadata = json!({"name": "default", "namespace": "x0tta6bl4-production"});
    run.see(GRID, "declared", json!({"kind": "PeerAuthentication", "metadata": metadata, "spec": spec}));
    run.step(GRID, "declared", Ending::Done, 300);
    healthy::probe(run, &|check, attempt| attempted(check, attempt), ROWS.len());
    run.step(GRID, "production", Ending::Done, 16_800);
    run.end(GRID, Ending::Done, 17_340);
}

fn attempted(check: &str, attempt: usize) -> Option<Value> {
    if check == "production.plain.tcp" {
        return Some(json!({"outcome": "plaintext-accepted", "server": {"saw": {"requests": 1}}}));
    }
    check.contains(".injected.").then(|| {
        let mut facts = healthy::cell("mtls");
        // Halves and quarters are the same number after they are written and read.
        let slower = f64::from(u32::try_from(attempt + check.len() % 4).unwrap());
        facts["handshake-ms"] = json!(1.5 + slower * 0.375);
        facts["tls"]["handshake"] = json!("full");
        facts["then"] = json!({
            "outcome": "established", "handshake-ms": 0.25 + slower * 0.0625,
            "tls": {"version": "TLSv1.3", "handshake": "resumed"},
        });
        facts
    })
}

fn leaf(serial: &str, from: Timestamp) -> Value {
    let until = from + SignedDuration::from_secs(60);
    json!({
        "serial": serial, "not-before": from.to_string(), "not-after": until.to_string(),
        "san": {"uri": [HOLDER], "dns": [], "others": 0}, "subject": "CN=proxy-api",
    })
}

fn rotation(run: &mut Run) {
    let from = run.now() - SignedDuration::from_secs(28);
    run.begin(ROTATION);
    let status = |revision: u64| json!({"conditions": [{"type": "Ready", "status": "True"}], "revision": revision});
    let before = json!({
        "spec": {"duration": "720h"}, "status": status(1), "leaf": leaf(OLD, from),
        "renewal": {"before-expiry": "20s"},
    });
    run.see(ROTATION, "before", before);
    run.step(ROTATION, "before", Ending::Done, 240);
    run.named(ROTATION, "Secret", &format!("proxy-api-tls {}", &OLD[..8]), 0);
    run.pass_time(11_000);
    run.named(ROTATION, "Secret", &format!("proxy-api-tls {}", &NEW[..8]), 0);
    let renewed = leaf(NEW, run.now());
    run.see(ROTATION, "deleted", json!({"renewals": 1, "window-without-secret-ms": 2400, "leaf": renewed}));
    run.step(ROTATION, "deleted", Ending::Done, 12_810);
    for _ in 0..3 {
        run.pass_time(800);
        run.see(ROTATION, "again-ready", json!({"status": status(2)}));
    }
    run.step(ROTATION, "again-ready", Ending::Done, 3_050);
    run.end(ROTATION, Ending::Done, 17_400);
}

fn traffic(run: &mut Run) {
    run.begin(TRAFFIC);
    let begun = run.now();
    let at = |milliseconds: i64| (begun + SignedDuration::from_millis(milliseconds)).to_string();
    run.mark(TRAFFIC, "wire", &format!("server serial {}", &NEW[..8]), 9_400, None);
    for sample in 0..11 {
        run.pass_time(1_790);
        let facts = json!({"sent": 100 * (sample + 1), "ok": 100 * (sample + 1), "lost": 0, "unattributed": 0});
        run.see(TRAFFIC, "no-loss", facts);
    }
    run.step(TRAFFIC, "no-loss", Ending::Done, 22_000);
    let pair = |server: &str, first: i64, last: i64, requests: u64| {
        json!({
            "client": CLIENT, "server": server, "first": at(first), "last": at(last), "requests": requests, "connections": 3,
        })
    };
    let window = |from: i64, ms: i64, requests: u64| json!({"from": at(from), "until": at(from + ms), "ms": ms, "requests": requests});
    let facts = json!({
        "stream": {"id": "flow", "from": "caller", "to": "proxy-api", "column": "app-mtls", "connections": "mixed", "rate-per-second": 50},
        "reach": {}, "scheduled": 1100, "sent": 1100, "joined": 1081, "ok": 1081, "lost": 12, "failed": 7, "shed": 0,
        "duplicated": 0, "unattributed": 0,
        "loss-windows": {"count": 2, "longest-ms": 900, "total-ms": 1140, "list": [window(9_100, 900, 16), window(13_000, 240, 3)]},
        "serials": {"server": 2, "client": 1, "pairs": 2, "mismatched": 0},
        "pairs": [pair(OLD, 0, 12_600, 560), pair(NEW, 9_400, 21_900, 540)],
        "handshakes-after-not-after": 0, "connections-past-not-after": 0, "rate": {"asked": 50, "offered": 50},
        "doubt": null,
    });
    run.see(TRAFFIC, "summed-up", facts);
    run.step(TRAFFIC, "summed-up", Ending::Done, 220);
    run.end(TRAFFIC, Ending::Done, 22_500);
}

const RED: &str = "production.plain.http";
const GREEN: &str = "production.injected.http";

fn sabotage(name: &str, of: &PlannedScenario) -> PlannedSabotage {
    let id = format!("{GRID}!{name}");
    let mut trial = of.clone();
    trial.checks.retain(|check| check.id.ends_with(RED) || check.id.ends_with(GREEN));
    for check in &mut trial.checks {
        check.id = check.id.replace(GRID, &id);
        check.min_samples = 1;
    }
    let fingerprint = String::new();
    PlannedSabotage {
        scenario: GRID.to_owned(),
        says: format!("The policy is {name}."),
        library: None,
        fingerprint,
        tried: true,
        trial: PlannedScenario { id, ..trial },
        red: vec![PlannedRed {
            name: RED.to_owned(),
            because: mtls_core::expectation::Expectations(vec![equals("outcome", json!("plaintext-accepted"))]),
        }],
        green: vec![GREEN.to_owned()],
        requirements: vec!["MESH-01".to_owned()],
    }
}

fn trial(run: &mut Run, name: &str, outcome: &str) {
    let id = format!("{GRID}!{name}");
    run.begin(&id);
    run.step(&id, "sabotage", Ending::Done, 900);
    run.pass_time(4_000);
    run.see(&id, RED, json!({"outcome": outcome, "server": {"saw": {"requests": u8::from(outcome != "reset")}}}));
    run.see(&id, GREEN, healthy::cell("mtls"));
    run.step(&id, "production", Ending::Done, 900);
    run.end(&id, Ending::Done, 5_000);
}
