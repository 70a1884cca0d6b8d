//! Everything that is not green: one block per reason, with the checks that share it.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    evidence::store::relative_path,
    report::{Cause, Report, format},
    verdict::{CheckVerdict, Comparison},
};

#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub badge: Badge,
    pub reason: String,
    pub scenarios: Vec<Origin>,
    pub checks: Vec<FailedCheck>,
    /// Further checks with the same cause, by name only.
    pub folded: Vec<String>,
    /// One command per scenario; empty when the whole run should be repeated.
    pub reruns: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Origin {
    pub id: String,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub(super) struct FailedCheck {
    pub id: String,
    pub says: String,
    /// `scenarios/strict/grid.yaml:28`.
    pub place: String,
    pub when: String,
    pub requirements: String,
    /// The outcomes of all attempts, if they differ.
    pub outcomes: String,
    pub comparisons: Vec<Comparison>,
    pub evidence: Vec<Evidence>,
}

/// A link to a file beside the report.
#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    pub path: String,
    pub short: String,
}

pub(super) fn failures(report: &Report) -> Vec<Failure> {
    let scenario = |id: &String| report.scenarios.iter().find(|scenario| scenario.id == *id);
    let failure = |cause: &Cause| {
        let (shown, folded) = cause.checks.split_at(cause.checks.len().min(SHOWN));
        let checks = shown.iter().filter_map(|id| report.check(id)).map(|check| {
            let file = scenario(&check.scenario).map(|scenario| scenario.file.as_str()).unwrap_or_default();
            failed_check(check, file)
        });
        Failure {
            badge: cause.verdict.into(),
            reason: cause.reason.clone(),
            scenarios: cause
                .scenarios
                .iter()
                .filter_map(scenario)
                .map(|scenario| Origin { id: scenario.id.clone(), title: scenario.title.clone() })
                .collect(),
            checks: checks.collect(),
            folded: folded.to_vec(),
            reruns: format::reruns(&cause.scenarios),
        }
    };
    report.causes.iter().map(failure).collect()
}

fn failed_check(check: &CheckVerdict, file: &str) -> FailedCheck {
    let evidence = check
        .evidence
        .iter()
        .map(|digest| Evidence { path: relative_path(digest), short: digest.chars().take(12).collect() });
    FailedCheck {
        id: check.id.clone(),
        says: check.says.clone(),
        place: format!("{file}:{}", check.line),
        when: check.when.clone(),
        requirements: check.requirements.join(", "),
        outcomes: if check.outcomes.len() > 1 { format::outcomes(&check.outcomes) } else { String::new() },
        comparisons: check.comparisons.clone(),
        evidence: evidence.collect(),
    }
}

/// Maximum number of checks per cause that are shown path by path.
const SHOWN: usize = 3;
