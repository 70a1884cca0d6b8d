//! A run with certificate cases: refused, deviating, accepted by mistake, flaky, without its positive control, not
//! available.

use mtls_core::{
    evidence::{
        event::{Ending, Entry, RunStatus},
        plan::{Cell, Deviation, PlannedCase, PlannedCheck, PlannedScenario},
    },
    expectation::{Expectation, Expectations, Matcher},
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    plan::{self, equals, once},
};

const CASES: &str = "tls/client-certificates";
/// Case, group, flaw, ideal answer, and per target whether it is accepted.
const ROWS: [(&str, &str, &str, &str, [bool; 2]); 5] = [
    ("control", "presence", "nothing is wrong", "accept", [true, true]),
    ("expired", "time", "ended 30 s ago", "tls-alert(certificate_expired)", [false, false]),
    ("two-uri-sans", "names", "two SPIFFE IDs", "tls-alert(bad_certificate)", [false, true]),
    ("no-san", "names", "no name at all", "tls-alert(bad_certificate)", [false, false]),
    ("rsa-2048-key", "crypto", "an RSA key", "accept", [true, true]),
];
const TARGETS: [&str; 2] = ["rustls", "sidecar"];

pub(crate) fn cases() -> Vec<Entry> {
    let mut plan = plan::only(&[]);
    plan.scenarios.push(planned());
    let mut run = Run::planned("20261124T101500-cases", plan);
    run.begin(CASES);
    for check in planned().checks {
        let Some(cell) = check.cell.filter(|_| check.not_applicable.is_none()) else { continue };
        let name = format!("run.{}.{}", cell.row, cell.column);
        for attempt in 0..check.min_samples {
            run.see(CASES, &name, seen(&cell.row, &cell.column, &cell.legend, attempt));
        }
    }
    run.step(CASES, "run", Ending::Done, 4_000);
    run.end(CASES, Ending::Done, 4_100);
    run.finish(RunStatus::Complete)
}

fn seen(case: &str, target: &str, legend: &str, attempt: u32) -> Value {
    let outcome = match (case, target, attempt) {
        ("expired", "sidecar", 2) | ("two-uri-sans", "sidecar", _) => "established",
        ("no-san", "rustls", 1) => "tls-alert(access_denied)",
        ("no-san", _, _) => "tls-alert(bad_certificate)",
        ("expired", _, _) => "tls-alert(certificate_expired)",
        _ if legend == "accept" => "established",
        _ => "tls-alert(bad_certificate)",
    };
    let after = if (case, target) == ("no-san", "sidecar") { "connect-refused" } else { "established" };
    match case {
        "control" => json!({"outcome": outcome}),
        _ => json!({"outcome": outcome, "control": {"case": "control", "before": "established", "after": after}}),
    }
}

fn planned() -> PlannedScenario {
    let checks = ROWS.iter().flat_map(|row| [0, 1].map(|target| check(row, target))).collect();
    PlannedScenario {
        id: CASES.to_owned(),
        title: "A client certificate with a flaw gets nobody in".to_owned(),
        says: String::new(),
        file: "scenarios/tls/client-certificates.yaml".to_owned(),
        checks,
        not_applicable: None,
    }
}

fn check(row: &(&str, &str, &str, &str, [bool; 2]), target: usize) -> PlannedCheck {
    let (case, group, says, ideal, let_in) = *row;
    let refusals = ["tls-alert(certificate_expired)", "tls-alert(bad_certificate)", "tls-alert(access_denied)"];
    let let_in_or_not = |let_in| {
        if let_in {
            return equals("outcome", json!("established"));
        }
        let values = refusals.iter().map(|word| json!(word)).collect();
        Expectation { path: "outcome".to_owned(), matcher: Matcher::AnyOf { values } }
    };
    let ideal_is_accept = ideal == "accept";
    let deviates = let_in[target] != ideal_is_accept;
    let demand = let_in_or_not(ideal_is_accept);
    let mut check = once(CASES, &format!("run.{case}.{}", TARGETS[target]), &["MESH-01"], vec![demand]);
    "run".clone_into(&mut check.step);
    says.clone_into(&mut check.says);
    check.min_samples = if let_in[target] { 1 } else { 3 };
    check.cell = Some(Cell {
        grid: "run".to_owned(),
        row: case.to_owned(),
        column: TARGETS[target].to_owned(),
        legend: if ideal_is_accept { "accept" } else { "refuse" }.to_owned(),
    });
    check.case = Some(PlannedCase {
        group: group.to_owned(),
        standard: "RFC 5280 §6.1.3".to_owned(),
        level: "must".to_owned(),
        severity: "critical".to_owned(),
        ideal: ideal.to_owned(),
    });
    check.deviation = deviates.then(|| Deviation {
        from: "X509-SVID §2".to_owned(),
        shows: Expectations(vec![let_in_or_not(let_in[target])]),
        because: "any matching name authorises".to_owned(),
        compensated_by: vec!["PKI-25".to_owned()],
    });
    check.not_applicable = (case == "rsa-2048-key").then(|| "needs the feature `legacy`".to_owned());
    check
}
