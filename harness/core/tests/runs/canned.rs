//! The runs that the snapshots render: at least one per verdict and per exit code that a judgement can have.

use mtls_core::{
    evidence::{
        control::Control,
        event::{Ending, Entry, Event, RunStatus},
        plan::{Deviation, Level},
        waiver::{Covers, Waiver},
    },
    expectation::Expectations,
};
use serde_json::json;

use super::{
    builder::Run,
    healthy::{self, NOTHING},
    plan::{self, ALERTS, FEDERATION, GRID, ROTATION, ROWS, TRAFFIC, equals, once, requirement},
};

/// A run by name, with the exit code it must have.
pub(crate) struct Canned {
    pub(crate) name: &'static str,
    pub(crate) exit: u8,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) fn all() -> Vec<Canned> {
    let run = |name, exit, entries| Canned { name, exit, entries };
    vec![
        run("all-green", 0, all_green()),
        run("finding", 0, finding()),
        run("ended", 0, ended()),
        run("waived", 0, waived("2026-12-31")),
        run("waiver-expired", 1, waived("2026-11-23")),
        run("rich", 1, rich()),
        run("over-time", 1, super::over_time::over_time()),
        run("grid-fail", 1, grid_fail()),
        run("over-budget", 5, over_budget()),
        run("broken-setup", 3, broken_setup()),
        run("no-world", 3, no_world()),
        run("unknown-outcome", 4, unknown_outcome()),
        run("disagreement", 4, disagreement()),
        run("vacuous", 4, vacuous()),
        run("guards-only", 4, guards_only()),
        run("not-applicable", 4, not_applicable()),
        run("cases", 1, super::cases::cases()),
        run("proven", 0, super::proofs::proven()),
        run("toothless", 4, super::proofs::toothless()),
        run("unconfirmed", 3, super::proofs::unconfirmed()),
        run("wild", 3, super::proofs::wild()),
        run("interrupted", 130, interrupted()),
    ]
}

pub(crate) fn all_green() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-green", plan::whole());
    healthy::all(&mut run, NOTHING);
    run.finish(RunStatus::Complete)
}

/// Every check is green, on versions past their end of support.
pub(crate) fn ended() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-ended", plan::only(&[GRID]));
    run.environment(super::environment::ended());
    healthy::grid(&mut run, NOTHING);
    run.finish(RunStatus::Complete)
}

/// A hardening requirement is violated as recorded.
fn finding() -> Vec<Entry> {
    let mut known = once(GRID, "aged", &["TLS-08"], vec![equals("then.outcome", json!("reset"))]);
    known.deviation = Some(Deviation {
        from: "TLS-08".to_owned(),
        shows: Expectations(vec![equals("then.outcome", json!("established"))]),
        because: "nobody looks at a certificate twice".to_owned(),
        compensated_by: vec!["SVID-02".to_owned()],
    });
    let mut plan = plan::only(&[GRID]);
    plan.scenarios[0].checks.push(known);
    plan.requirements.push(requirement("TLS-08", Level::Hardening, "Connection age is bounded.", "expert"));
    let mut run = Run::planned("20261124T101500-finding", plan);
    run.begin(GRID);
    healthy::probe(&mut run, NOTHING, ROWS.len());
    run.step(GRID, "production", Ending::Done, 16_800);
    run.see(GRID, "aged", json!({"outcome": "established", "then": {"outcome": "established"}}));
    run.step(GRID, "aged", Ending::Done, 9_000);
    run.end(GRID, Ending::Done, 26_040);
    run.finish(RunStatus::Complete)
}

/// Every kind of content, for inspecting the formats.
fn rich() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-rich", plan::whole());
    healthy::grid(&mut run, &|check, attempt| match (check, attempt) {
        ("production.plain.tcp", 0 | 3) => {
            Some(json!({"outcome": "plaintext-accepted", "server": {"saw": {"requests": 1}}}))
        }
        ("production.other-namespace.http", _) => Some(json!({"outcome": "connect-timeout"})),
        ("production.rogue.metrics", 4) => Some(json!({"outcome": "harness-error"})),
        _ => None,
    });
    run.begin(ROTATION);
    run.unobserved(ROTATION, "before", "the API server answered 503 three times in 10s; is etcd out of disk space?");
    let reason = "step before: certificate x0tta6bl4-production/proxy-api-tls not readable within 10s".to_owned();
    run.step(ROTATION, "before", Ending::Broken { reason: reason.clone() }, 10_000);
    run.end(ROTATION, Ending::Broken { reason }, 10_120);
    healthy::traffic(&mut run, NOTHING);
    healthy::alerts(&mut run, &|check, sample| (check == "silent" && sample > 1).then(|| json!({"state": "pending"})));
    healthy::federation(&mut run);
    run.withheld(GRID, "application/json", 1_210);
    run.withheld(GRID, "application/json", 1_190);
    run.withheld(TRAFFIC, "application/jsonl", 48_000);
    run.leftover("namespace mtls-e2e-outside still terminating after 60s");
    run.finish(RunStatus::Complete)
}

fn grid_fail() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-grid", plan::only(&[GRID]));
    healthy::grid(&mut run, &|check, attempt| {
        (check == "production.plain.tcp" && attempt == 2)
            .then(|| json!({"outcome": "established", "server": {"saw": {"requests": 1}}}))
    });
    run.finish(RunStatus::Complete)
}

/// The failure of [`grid_fail`] (with controls in the catalogue), with somebody who answers for it until a day, and with waivers that waive nothing.
pub(crate) fn waived(until: &str) -> Vec<Entry> {
    let waiver = |covers, owner: &str, until: &str, world: Option<&str>| Waiver {
        covers,
        owner: owner.to_owned(),
        reason: "ticket 4711".to_owned(),
        until: until.parse().unwrap(),
        world: world.map(str::to_owned),
    };
    let check = |pattern: &str| Covers::Check(format!("{GRID}#{pattern}"));
    let mut plan = plan::only(&[GRID]);
    for (id, controls) in [
        ("MESH-01", vec![Control::Ia3_1, Control::Sc8_1]),
        ("PKI-09", vec![Control::Ia5_2, Control::Sc17]),
        ("ROT-02", vec![Control::Sc12, Control::Sc17]),
    ] {
        plan.requirements.iter_mut().filter(|one| one.id == id).for_each(|one| one.controls.clone_from(&controls));
    }
    let mut run = Run::planned("20261124T101500-waived", plan);
    run.push(Event::WaiversRead {
        file: "waivers.yaml".to_owned(),
        digest: "0".repeat(64),
        waivers: vec![
            waiver(check("production.plain.*"), "mesh team", until, None),
            waiver(check("production.injected.*"), "platform team", "2026-12-31", None),
            waiver(check("staging.*"), "nobody", "2026-12-31", None),
            waiver(Covers::Requirement("PKI-09".to_owned()), "pki team", "2026-12-31", Some("loopback")),
        ],
    });
    healthy::grid(&mut run, &|check, attempt| {
        (check == "production.plain.tcp" && attempt == 2)
            .then(|| json!({"outcome": "established", "server": {"saw": {"requests": 1}}}))
    });
    run.finish(RunStatus::Complete)
}

fn over_budget() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-late", plan::only(&[GRID, TRAFFIC]));
    healthy::grid(&mut run, NOTHING);
    run.begin(TRAFFIC);
    run.pass_time(120_000);
    let reason = "2m of wall time are over; the step no-loss waits for pod proxy-api, last seen Pending".to_owned();
    run.step(TRAFFIC, "no-loss", Ending::OverBudget { reason: reason.clone() }, 120_000);
    run.end(TRAFFIC, Ending::OverBudget { reason }, 120_000);
    run.finish(RunStatus::Complete)
}

fn broken_setup() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-setup", plan::only(&[ROTATION, ALERTS]));
    run.begin(ROTATION);
    let reason = "set-up: ClusterIssuer mtls-intermediate not ready within 60s; last seen: CAInvalid".to_owned();
    run.step(ROTATION, "set-up", Ending::Broken { reason: reason.clone() }, 60_000);
    run.end(ROTATION, Ending::Broken { reason }, 60_100);
    healthy::alerts(&mut run, NOTHING);
    run.finish(RunStatus::Complete)
}

/// No scenario ran, and none was planned.
fn no_world() -> Vec<Entry> {
    let mut run = Run::started("20261124T101500-world", "kind");
    run.phase("images", Ending::Done, 41_200);
    let reason = "node mtls-e2e-control-plane not ready within 120s; last seen: cgroup v1 host".to_owned();
    run.phase("nodes", Ending::Broken { reason }, 120_000);
    run.finish(RunStatus::Broken)
}

fn unknown_outcome() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-unlisted", plan::only(&[GRID]));
    healthy::grid(&mut run, &|check, _| {
        check.starts_with("production.rogue").then(|| json!({"outcome": "tls-alert(bad_certificate)"}))
    });
    run.finish(RunStatus::Complete)
}

fn disagreement() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-views", plan::only(&[GRID]));
    healthy::grid(&mut run, &|check, attempt| {
        (check == "production.injected.http" && attempt == 0).then(|| {
            let mut facts = healthy::cell("mtls");
            facts["disagreement"] = json!("the server saw sa/client, the proxy log has sa/default");
            facts
        })
    });
    run.finish(RunStatus::Complete)
}

/// The alert was observed for a third of the demanded time; the metric was not observed.
fn vacuous() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-vacuous", plan::only(&[ALERTS]));
    run.begin(ALERTS);
    run.step(ALERTS, "series-exist", Ending::Done, 230);
    for _ in 0..3 {
        run.pass_time(2_290);
        run.see(ALERTS, "silent", json!({"state": "inactive"}));
    }
    run.step(ALERTS, "silent", Ending::Done, 7_500);
    run.end(ALERTS, Ending::Done, 7_900);
    run.finish(RunStatus::Complete)
}

/// All checks passed, but none names a requirement.
fn guards_only() -> Vec<Entry> {
    let mut locked = plan::only(&[ALERTS]);
    locked.scenarios[0].checks = vec![once(ALERTS, "reachable", &[], vec![equals("up", json!(1))])];
    let mut run = Run::planned("20261124T101500-guards", locked);
    run.begin(ALERTS);
    run.see(ALERTS, "reachable", json!({"up": 1}));
    run.step(ALERTS, "reachable", Ending::Done, 220);
    run.end(ALERTS, Ending::Done, 300);
    run.finish(RunStatus::Complete)
}

fn not_applicable() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-other", plan::only(&[FEDERATION]));
    healthy::federation(&mut run);
    run.finish(RunStatus::Complete)
}

/// Killed in the second row of the grid.
fn interrupted() -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-killed", plan::only(&[GRID, ROTATION]));
    run.begin(GRID);
    healthy::probe(&mut run, NOTHING, 2);
    run.abandoned()
}
