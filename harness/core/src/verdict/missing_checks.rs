//! Checks that are in the plan lock and not in the plan of the log: the judgement still accounts for each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Verdict,
    check::{Account, CheckVerdict},
    quantifier,
    scenario::ScenarioVerdict,
};
use crate::{
    evidence::{lock::Lock, plan::Plan},
    expectation::Quantifier,
};

/// The scenarios of such checks, as far as they are known from their ids. Every verdict is `broken`.
pub(super) fn missing_checks(lock: &Lock, plan: &Plan) -> Vec<(ScenarioVerdict, Vec<CheckVerdict>)> {
    let known: BTreeSet<&str> =
        plan.every().flat_map(|scenario| &scenario.checks).map(|check| check.id.as_str()).collect();
    let mut scenarios: BTreeMap<&str, Vec<CheckVerdict>> = BTreeMap::new();
    for id in lock.checks.iter().filter(|id| !known.contains(id.as_str())) {
        let (scenario, step) = id.split_once('#').unwrap_or((id, ""));
        scenarios.entry(scenario).or_default().push(missing(id, scenario, step));
    }
    scenarios.into_iter().map(|(id, checks)| (scenario(id, checks.len()), checks)).collect()
}

const REASON: &str = "missing: the plan lock names it, and the record has lost its plan";

fn missing(id: &str, scenario: &str, step: &str) -> CheckVerdict {
    CheckVerdict {
        id: id.to_owned(),
        scenario: scenario.to_owned(),
        step: step.to_owned(),
        says: String::new(),
        requirements: Vec::new(),
        verdict: Verdict::Broken,
        unwaived: None,
        reason: REASON.to_owned(),
        account: Account::Missing,
        marks: Vec::new(),
        when: quantifier::spell(Quantifier::Once),
        samples: 0,
        min_samples: 1,
        first: None,
        last: None,
        elapsed_ms: None,
        limit_ms: None,
        expected: String::new(),
        observed: String::new(),
        comparisons: Vec::new(),
        outcomes: BTreeMap::new(),
        sources: BTreeSet::new(),
        evidence: Vec::new(),
        cell: None,
        case: None,
        recorded: None,
        line: 0,
    }
}

fn scenario(id: &str, checks: usize) -> ScenarioVerdict {
    ScenarioVerdict {
        id: id.to_owned(),
        title: "Lost from the record".to_owned(),
        says: String::new(),
        file: String::new(),
        verdict: Verdict::Broken,
        reason: REASON.to_owned(),
        checks,
        took_ms: None,
        steps: Vec::new(),
    }
}
