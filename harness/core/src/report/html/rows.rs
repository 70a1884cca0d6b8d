//! Scenarios with their checks, and the table of times.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{Report, format},
    scenario::check::name_of,
    verdict::{CheckVerdict, Mark, ScenarioVerdict, Verdict},
};

#[derive(Debug, Serialize)]
pub(super) struct ScenarioBlock {
    pub id: String,
    pub title: String,
    pub says: String,
    pub file: String,
    pub badge: Badge,
    pub reason: String,
    pub took: String,
    /// `12 ✓, 3 △`.
    pub tally: String,
    /// Whether the block starts unfolded.
    pub unfolded: bool,
    pub checks: Vec<CheckRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct CheckRow {
    /// The id without the scenario in front.
    pub name: String,
    pub badge: Badge,
    pub requirements: String,
    pub expected: String,
    /// Empty where it is what was expected.
    pub observed: String,
    pub reason: String,
    pub when: String,
    pub samples: usize,
    pub time: String,
    pub flaky: bool,
}

/// A bar in the table of times.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    pub name: String,
    pub ending: String,
    pub took: String,
    pub percent: u64,
}

pub(super) fn scenarios(report: &Report) -> Vec<ScenarioBlock> {
    let block = |scenario: &ScenarioVerdict| {
        let checks: Vec<&CheckVerdict> = report.checks.iter().filter(|check| check.scenario == scenario.id).collect();
        ScenarioBlock {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            says: scenario.says.clone(),
            file: scenario.file.clone(),
            badge: scenario.verdict.into(),
            reason: format::clipped(&scenario.reason, LONG),
            took: scenario.took_ms.map(format::duration).unwrap_or_default(),
            tally: tally(&checks),
            unfolded: matches!(scenario.verdict, Verdict::Fail | Verdict::Broken) && checks.len() <= FEW,
            checks: checks.into_iter().map(check_row).collect(),
        }
    };
    report.scenarios.iter().map(block).collect()
}

fn tally(checks: &[&CheckVerdict]) -> String {
    let number = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let parts = Verdict::ALL.into_iter().filter(|verdict| number(*verdict) > 0);
    parts.map(|verdict| format!("{} {}", verdict.symbol(), number(verdict))).collect::<Vec<_>>().join("  ")
}

fn check_row(check: &CheckVerdict) -> CheckRow {
    let time = match (check.elapsed_ms, check.limit_ms) {
        (Some(elapsed), Some(limit)) => format!("{} of {}", format::duration(elapsed), format::duration(limit)),
        _ => String::new(),
    };
    // What was not examined shows nothing beside its reason, and a pass is as expected.
    let reason = if check.verdict == Verdict::Pass && check.samples <= 1 { "" } else { check.reason.as_str() };
    let same = check.verdict == Verdict::Pass && check.observed == check.expected;
    let reason = if same && reason.is_empty() { "as expected" } else { reason };
    CheckRow {
        name: name_of(&check.id).to_owned(),
        badge: check.verdict.into(),
        requirements: check.requirements.join(", "),
        expected: format::clipped(&check.expected, SHORT),
        observed: if same { String::new() } else { format::clipped(&check.observed, SHORT) },
        reason: format::clipped(reason, SHORT),
        when: if check.when == ONCE { String::new() } else { check.when.clone() },
        samples: check.samples,
        time,
        flaky: check.marks.contains(&Mark::Flaky),
    }
}

/// Phases, then scenarios, in the order of the record, on one scale.
pub(super) fn times(report: &Report) -> Vec<Time> {
    let phases = report.phases.iter().map(|phase| (&phase.name, phase.ending.to_string(), phase.took_ms));
    let scenarios = report
        .scenarios
        .iter()
        .filter_map(|scenario| Some((&scenario.id, scenario.verdict.word().to_owned(), scenario.took_ms?)));
    let all: Vec<_> = phases.chain(scenarios).collect();
    let longest = all.iter().map(|(.., took)| *took).max().unwrap_or(0).max(1);
    let time = |(name, ending, took): (&String, String, u64)| Time {
        name: name.clone(),
        ending,
        took: format::duration(took),
        percent: took * 100 / longest,
    };
    all.into_iter().map(time).collect()
}

/// How the judge words a check that is made once.
const ONCE: &str = "once";
/// Maximum number of letters of a text, and of one in a table.
const LONG: usize = 700;
const SHORT: usize = 240;
/// A longer scenario stays folded: its red checks are listed by cause.
const FEW: usize = 40;
