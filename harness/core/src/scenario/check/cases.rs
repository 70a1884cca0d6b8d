//! The checks of a `cases` step: one per case and target.

use serde_json::Value;

use super::case_id;
use crate::{
    evidence::plan::{Cell, Deviation, PlannedCase, PlannedCheck},
    expectation::{Expectation, Expectations, Matcher, Quantifier, outcome::Outcome},
    scenario::{
        cases::{Case, Expect, TargetKind},
        model::{CaseGrid, Scenario, Step},
        offered::{Offered, missing},
    },
};
use mtls_pki::forge::{Flaw, Side, flaw};

pub(super) fn checks(scenario: &Scenario, step: &Step, cases: &CaseGrid, offered: &Offered) -> Vec<PlannedCheck> {
    let mut checks = Vec::new();
    for case in &cases.of.cases {
        for (kind, target) in &cases.targets {
            let Some(expect) = case.expect.get(kind) else { continue };
            // The loader has checked that the forge knows the flaw.
            let cannot_be_made = flaw(&case.flaw).and_then(Flaw::lacking).map(str::to_owned);
            let mut check = check(scenario, step, case, *kind, *expect, cases);
            check.not_applicable = missing(&target.needs, offered).or(cannot_be_made);
            checks.push(check);
        }
    }
    checks
}

fn check(
    scenario: &Scenario,
    step: &Step,
    case: &Case,
    kind: TargetKind,
    expect: Expect,
    cases: &CaseGrid,
) -> PlannedCheck {
    let min_samples = match expect {
        Expect::Accept => 1,
        Expect::Refuse => cases.repeat,
    };
    let known = case.deviation.as_ref().filter(|_| case.deviates(kind));
    // A target that deviates is held against the standard: what it does instead is on record, and a finding.
    let demanded = if known.is_some() { expect.opposite() } else { expect };
    let mut requirements = case.requirements.clone();
    // What is on record about one requirement says nothing about those of the whole step.
    let of_the_step = if known.is_some() { &[] } else { step.requirements_of(&case.id, kind.word()) };
    requirements.extend(of_the_step.iter().filter(|id| !case.requirements.contains(id)).cloned());
    PlannedCheck {
        id: case_id(&scenario.id, &step.id, &case.id, kind),
        step: step.id.clone(),
        says: case.description.clone(),
        requirements,
        when: Quantifier::Once,
        min_samples,
        expect: demands(case, demanded, cases.of.presented_by),
        cell: Some(Cell {
            grid: step.id.clone(),
            row: case.id.clone(),
            column: kind.word().to_owned(),
            legend: demanded.word().to_owned(),
        }),
        deviation: known.map(|known| Deviation {
            from: case.requirements.first().cloned().unwrap_or_else(|| case.standard.cite()),
            shows: demands(case, expect, cases.of.presented_by),
            because: known.reason.clone(),
            compensated_by: known.compensated_by.clone(),
        }),
        case: Some(planned(case)),
        not_applicable: None,
        line: step.line,
    }
}

fn demands(case: &Case, expect: Expect, presented_by: Side) -> Expectations {
    let spelled = |outcome: &Outcome| Value::from(outcome.to_string());
    let matcher = match expect {
        Expect::Accept => Matcher::Equals { value: spelled(&Outcome::Established) },
        Expect::Refuse => Matcher::AnyOf { values: case.refusals.iter().map(spelled).collect() },
    };
    let mut demands = vec![Expectation { path: "outcome".to_owned(), matcher }];
    if presented_by == Side::Server && expect == Expect::Refuse {
        // A client that refuses has not said anything to the server before.
        let matcher = Matcher::Equals { value: Value::from(0) };
        demands.push(Expectation { path: "server.saw.request-bytes".to_owned(), matcher });
    }
    Expectations(demands)
}

fn planned(case: &Case) -> PlannedCase {
    PlannedCase {
        group: case.group.clone(),
        standard: case.standard.cite(),
        level: case.standard.level.word().to_owned(),
        severity: case.severity.word().to_owned(),
        ideal: case.ideal_word(),
    }
}
