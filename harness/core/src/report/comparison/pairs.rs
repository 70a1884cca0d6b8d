//! Pairs the checks of two runs by id.

use std::collections::BTreeMap;

use super::judged::JudgedRun;
use crate::verdict::{CheckVerdict, Verdict};

/// A check that only one of the runs has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoneCheck {
    pub id: String,
    /// Its scenario, if the other run lacks that too.
    pub lone_scenario: Option<String>,
    pub verdict: Verdict,
    pub reason: String,
}

/// All checks of two runs, paired.
pub(super) struct Paired<'a> {
    pub both: Vec<(&'a CheckVerdict, &'a CheckVerdict)>,
    pub only_before: Vec<LoneCheck>,
    pub only_after: Vec<LoneCheck>,
}

/// Pairs checks by id; pairs are in the order of the earlier run, the others worst first.
pub(super) fn paired<'a>(before: &'a JudgedRun, after: &'a JudgedRun) -> Paired<'a> {
    let index = |run: &'a JudgedRun| -> BTreeMap<&'a str, &'a CheckVerdict> {
        run.report.checks.iter().map(|check| (check.id.as_str(), check)).collect()
    };
    let (old, new) = (index(before), index(after));
    let checks = before.report.checks.iter();
    Paired {
        both: checks.filter_map(|check| Some((check, *new.get(check.id.as_str())?))).collect(),
        only_before: lone(before, &new, after),
        only_after: lone(after, &old, before),
    }
}

fn lone(run: &JudgedRun, known: &BTreeMap<&str, &CheckVerdict>, other: &JudgedRun) -> Vec<LoneCheck> {
    let own = run.report.checks.iter().filter(|check| !known.contains_key(check.id.as_str()));
    let shared = |scenario: &str| other.report.scenarios.iter().any(|one| one.id == scenario);
    let own = own.map(|check| LoneCheck {
        id: check.id.clone(),
        lone_scenario: (!shared(&check.scenario)).then(|| check.scenario.clone()),
        verdict: check.verdict,
        reason: check.reason.clone(),
    });
    let mut own: Vec<LoneCheck> = own.collect();
    own.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    own
}

/// Whether the verdict needs action.
pub(super) const fn is_red(verdict: Verdict) -> bool {
    !verdict.is_green() && !matches!(verdict, Verdict::Finding)
}
