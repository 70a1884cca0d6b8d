//! Everything that is not green: one block per cause, with the checks that share it.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    evidence::store::relative_path,
    report::{Report, format, groups::Group},
    verdict::{CheckVerdict, Comparison},
};

#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub badge: Badge,
    pub headline: String,
    /// `3 checks in 2 scenarios`.
    pub tally: String,
    pub requirements: String,
    /// Requirements that limit the harm; may be empty.
    pub compensated_by: String,
    /// Recorded objects that let callers in.
    pub let_in: Vec<String>,
    pub scenarios: Vec<Origin>,
    pub checks: Vec<FailedCheck>,
    /// Further checks with the same cause, in one line each.
    pub folded: Vec<Brief>,
    /// One command per scenario; empty when the whole run should be repeated.
    pub reruns: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Origin {
    pub id: String,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Brief {
    pub id: String,
    pub observed: String,
}

#[derive(Debug, Serialize)]
pub(super) struct FailedCheck {
    pub id: String,
    pub reason: String,
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

pub(super) fn failures(report: &Report, groups: &[Group<'_>]) -> Vec<Failure> {
    let scenario = |id: &str| report.scenarios.iter().find(|scenario| scenario.id == id);
    let failure = |group: &Group<'_>| {
        let (shown, folded) = group.checks.split_at(group.checks.len().min(SHOWN));
        let checks = shown.iter().map(|check| {
            let file = scenario(&check.scenario).map(|scenario| scenario.file.as_str()).unwrap_or_default();
            failed_check(check, file)
        });
        let brief =
            |check: &&CheckVerdict| Brief { id: check.id.clone(), observed: format::clipped(&check.observed, SHORT) };
        let scenarios: Vec<String> = group.scenarios.iter().map(|id| (*id).to_owned()).collect();
        Failure {
            badge: group.verdict.into(),
            headline: headline(&group.headline),
            tally: tally(group),
            requirements: format::listed(&group.requirements, MOST).join(", "),
            compensated_by: group.compensated_by.join(", "),
            let_in: group.let_in.iter().map(|one| one.text()).collect(),
            scenarios: group
                .scenarios
                .iter()
                .filter_map(|id| scenario(id))
                .map(|scenario| Origin { id: scenario.id.clone(), title: scenario.title.clone() })
                .collect(),
            checks: checks.collect(),
            folded: folded.iter().map(brief).collect(),
            reruns: format::reruns(&scenarios),
        }
    };
    groups.iter().map(failure).collect()
}

/// With a capital letter, unless it begins with a name such as that of an outcome or a library.
fn headline(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let text = format::clipped(text, LONG);
    if first.chars().all(|letter| letter.is_ascii_lowercase()) { format::sentence(&text) } else { text }
}

fn tally(group: &Group<'_>) -> String {
    let scenarios = format::count(group.scenarios.len(), "scenario");
    match group.checks.len() {
        0 => scenarios,
        checks => format!("{} in {scenarios}", format::count(checks, "check")),
    }
}

fn failed_check(check: &CheckVerdict, file: &str) -> FailedCheck {
    let evidence = check
        .evidence
        .iter()
        .take(FILES)
        .map(|digest| Evidence { path: relative_path(digest), short: digest.chars().take(12).collect() });
    let comparison = |one: &Comparison| Comparison {
        expected: format::clipped(&one.expected, LONG),
        observed: format::clipped(&one.observed, LONG),
        ..one.clone()
    };
    FailedCheck {
        id: check.id.clone(),
        reason: format::clipped(&check.reason, LONG),
        says: check.says.clone(),
        place: format!("{file}:{}", check.line),
        when: check.when.clone(),
        requirements: check.requirements.join(", "),
        outcomes: if check.outcomes.len() > 1 { format::outcomes(&check.outcomes) } else { String::new() },
        comparisons: check.comparisons.iter().map(comparison).collect(),
        evidence: evidence.collect(),
    }
}

/// Maximum number of checks per cause that are shown path by path.
const SHOWN: usize = 3;
/// Maximum number of evidence files that are linked per check.
const FILES: usize = 12;
/// Maximum number of requirements that are named per cause.
const MOST: usize = 12;
/// Maximum number of letters of a text, and of one in a list.
const LONG: usize = 700;
const SHORT: usize = 160;
