//! The plan that the canned runs share: a grid, a rotation, traffic, alerts, and a scenario that the world cannot run.

use std::time::Duration;

use mtls_core::{
    evidence::plan::{Cell, Level, Plan, PlannedCheck, PlannedRequirement, PlannedScenario},
    expectation::{Expectation, Expectations, Matcher, Operator, Quantifier},
};
use serde_json::{Value, json};

pub(crate) const GRID: &str = "strict/enforcement-grid";
pub(crate) const ROTATION: &str = "rotation/leaf-manual";
pub(crate) const TRAFFIC: &str = "rotation/under-traffic";
pub(crate) const ALERTS: &str = "monitoring/expiry-alert";
pub(crate) const FEDERATION: &str = "svid/federation";

pub(crate) const COLUMNS: [&str; 4] = ["http", "tcp", "app-mtls", "metrics"];
pub(crate) const ROWS: [(&str, [&str; 4]); 4] = [
    ("injected", ["mtls", "mtls", "mtls", "open"]),
    ("other-namespace", ["forbidden", "closed", "closed", "open"]),
    ("plain", ["closed", "closed", "closed", "open"]),
    ("rogue", ["badca", "badca", "badca", "badca"]),
];

pub(crate) fn whole() -> Plan {
    Plan {
        scenarios: vec![grid(), rotation(), traffic(), alerts(), federation()],
        requirements: super::requirements::all(),
        sabotages: Vec::new(),
        wild: Vec::new(),
    }
}

/// Only these scenarios, with the whole catalogue.
pub(crate) fn only(ids: &[&str]) -> Plan {
    let mut plan = whole();
    plan.scenarios.retain(|scenario| ids.contains(&scenario.id.as_str()));
    plan
}

pub(crate) fn grid() -> PlannedScenario {
    let mut checks = Vec::new();
    for (row, legends) in ROWS {
        for (column, legend) in COLUMNS.into_iter().zip(legends) {
            let id = format!("production.{row}.{column}");
            let mut check = once(GRID, &id, &["MESH-01"], cell_expectations(legend));
            "production".clone_into(&mut check.step);
            "five attempts per cell against the STRICT server".clone_into(&mut check.says);
            check.min_samples = 5;
            check.line = 28;
            if row == "rogue" {
                check.requirements.push("PKI-09".to_owned());
            }
            check.cell = Some(Cell {
                grid: "production".to_owned(),
                row: row.to_owned(),
                column: column.to_owned(),
                legend: legend.to_owned(),
            });
            checks.push(check);
        }
    }
    scenario(
        GRID,
        "A STRICT workload answers only callers that hold a mesh identity",
        "Every client against every port.",
        checks,
    )
}

fn cell_expectations(legend: &str) -> Vec<Expectation> {
    let outcome = |words: &[&str]| match words {
        [word] => expect("outcome", Matcher::Equals { value: json!(word) }),
        words => expect("outcome", Matcher::AnyOf { values: words.iter().map(|word| json!(word)).collect() }),
    };
    match legend {
        "mtls" => vec![
            outcome(&["established"]),
            equals("server.saw.spiffe", json!("spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client")),
        ],
        "open" => vec![outcome(&["established", "plaintext-accepted"])],
        "closed" => vec![outcome(&["reset", "closed-early"]), equals("server.saw.requests", json!(0))],
        "forbidden" => vec![outcome(&["http-denied(403)"])],
        _ => vec![outcome(&["tls-alert(unknown_ca)"])],
    }
}

fn rotation() -> PlannedScenario {
    let ready = || equals("status.conditions.Ready.status", json!("True"));
    let mut again =
        once(ROTATION, "again-ready", &[], vec![ready(), compare("status.revision", Operator::AtLeast, json!(2))]);
    again.when = Quantifier::Eventually { within: Duration::from_secs(30), stable: 3 };
    let checks = vec![
        once(ROTATION, "before", &["PKI-07"], vec![ready(), equals("spec.duration", json!("720h"))]),
        once(
            ROTATION,
            "deleted",
            &["ROT-02"],
            vec![equals("renewals", json!(1)), compare("window-without-secret-ms", Operator::AtMost, json!(30_000))],
        ),
        again,
    ];
    scenario(ROTATION, "Deleting the Secret yields a new certificate", "The seed's manual rotation, measured.", checks)
}

fn traffic() -> PlannedScenario {
    let mut stream =
        once(TRAFFIC, "no-loss", &["ROT-05"], vec![equals("lost", json!(0)), equals("unattributed", json!(0))]);
    stream.when = Quantifier::Always { hold: Duration::from_secs(20), samples: 10 };
    stream.min_samples = 10;
    let checks = vec![
        stream,
        once(
            TRAFFIC,
            "summed-up",
            &["ROT-05", "ROT-06"],
            vec![
                compare("sent", Operator::AtLeast, json!(800)),
                equals("handshakes-after-not-after", json!(0)),
                compare("serials.server", Operator::AtLeast, json!(2)),
            ],
        ),
    ];
    scenario(TRAFFIC, "No request is lost while the leaf is renewed", "A ledgered stream across two renewals.", checks)
}

fn alerts() -> PlannedScenario {
    let mut silent = once(ALERTS, "silent", &["ALERT-03"], vec![equals("state", json!("firing"))]);
    silent.when = Quantifier::Never { hold: Duration::from_secs(15), samples: 5 };
    silent.min_samples = 5;
    let series = once(ALERTS, "series-exist", &["MON-01"], vec![compare("series", Operator::AtLeast, json!(1))]);
    scenario(
        ALERTS,
        "A healthy renewal never fires the expiry alert",
        "The corrected rule, against a real renewal.",
        vec![series, silent],
    )
}

fn federation() -> PlannedScenario {
    let bundle = once(FEDERATION, "bundle", &["SVID-19"], vec![expect("bundle.foreign", Matcher::Present)]);
    let mut federation =
        scenario(FEDERATION, "A foreign trust domain's bundle is served", "Two SPIRE servers.", vec![bundle]);
    federation.not_applicable = Some("this world has one trust domain; the scenario needs two".to_owned());
    federation
}

fn scenario(id: &str, title: &str, says: &str, checks: Vec<PlannedCheck>) -> PlannedScenario {
    PlannedScenario {
        id: id.to_owned(),
        title: title.to_owned(),
        says: says.to_owned(),
        file: format!("scenarios/{id}.yaml"),
        checks,
        not_applicable: None,
    }
}

pub(crate) fn once(scenario: &str, id: &str, requirements: &[&str], expect: Vec<Expectation>) -> PlannedCheck {
    PlannedCheck {
        id: format!("{scenario}#{id}"),
        step: id.to_owned(),
        says: String::new(),
        requirements: requirements.iter().map(|&id| id.to_owned()).collect(),
        when: Quantifier::Once,
        min_samples: 1,
        expect: Expectations(expect),
        cell: None,
        deviation: None,
        case: None,
        not_applicable: None,
        line: 12,
    }
}

pub(crate) fn expect(path: &str, matcher: Matcher) -> Expectation {
    Expectation { path: path.to_owned(), matcher }
}

pub(crate) fn equals(path: &str, value: Value) -> Expectation {
    expect(path, Matcher::Equals { value })
}

fn compare(path: &str, operator: Operator, value: Value) -> Expectation {
    expect(path, Matcher::Compare { operator, value })
}

pub(crate) fn requirement(id: &str, level: Level, text: &str, source: &str) -> PlannedRequirement {
    PlannedRequirement {
        id: id.to_owned(),
        text: text.to_owned(),
        level,
        source: source.to_owned(),
        controls: Vec::new(),
    }
}
