//! `junit.xml`, for pipelines: one suite per scenario, one case per check, and never an empty file.
//!
//! A pipeline is red when a case failed or had an error, so the file of a run with exit code 0 contains neither. A
//! finding is skipped, with its reason: it is neither red nor a pass.

use std::{io::Write, time::Duration};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{RenderError, Report, waivers::waiver_lines};
use crate::{
    evidence::store::relative_path,
    verdict::{CheckVerdict, ScenarioVerdict, Verdict},
};

/// Writes the report as `JUnit` XML.
///
/// # Errors
/// When the writer fails.
pub fn junit(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    let mut document = quick_junit::Report::new(format!("mTLS conformance {}", report.run.id));
    if let Some(suite) = run_suite(report) {
        document.add_test_suite(suite);
    }
    if let Some(suite) = waiver_suite(report) {
        document.add_test_suite(suite);
    }
    for scenario in &report.scenarios {
        document.add_test_suite(suite(report, scenario));
    }
    document.serialize(writer)?;
    Ok(())
}

/// A suite with the problems of the run itself, or with the error that it has no checks.
fn run_suite(report: &Report) -> Option<TestSuite> {
    let (kind, message) = match report.problems.first() {
        Some(problem) => ("broken", problem.clone()),
        None if report.checks.is_empty() => ("vacuous", "the run has no checks".to_owned()),
        None => return None,
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message).set_description(report.problems.join("\n"));
    let mut case = TestCase::new("environment", status);
    case.set_classname("run");
    let mut suite = TestSuite::new("run");
    suite.add_test_case(case);
    Some(suite)
}

/// A suite with a skipped case per waiver. A waiver is never red itself: the checks that it no longer covers are.
fn waiver_suite(report: &Report) -> Option<TestSuite> {
    let lines = waiver_lines(report);
    let mut suite = TestSuite::new("waivers");
    for line in &lines {
        let mut status = TestCaseStatus::skipped();
        status.set_type("waiver").set_message(format!("{} {}", line.mark.symbol(), line.text));
        let mut case = TestCase::new(line.text.clone(), status);
        case.set_classname("waivers");
        suite.add_test_case(case);
    }
    (!lines.is_empty()).then_some(suite)
}

fn suite(report: &Report, scenario: &ScenarioVerdict) -> TestSuite {
    let mut suite = TestSuite::new(scenario.id.clone());
    suite.add_property(("title", scenario.title.as_str()));
    suite.add_property(("file", scenario.file.as_str()));
    suite.add_property(("world", report.run.world.as_str()));
    if !report.run.client_faults.is_empty() {
        suite.add_property(("client-faults", report.run.client_faults.join(",").as_str()));
    }
    for withheld in report.withheld.iter().filter(|withheld| withheld.scenario == scenario.id) {
        suite.add_property(("evidence-withheld", withheld.what().as_str()));
    }
    if let Some(took) = scenario.took_ms {
        suite.set_time(Duration::from_millis(took));
    }
    let checks = report.checks.iter().filter(|check| check.scenario == scenario.id);
    suite.add_test_cases(checks.map(case));
    let is_reported =
        report.checks.iter().any(|check| check.scenario == scenario.id && check.verdict == scenario.verdict);
    if !is_reported {
        // The scenario is worse than its checks: its ending becomes a case.
        let mut case = TestCase::new(format!("{}#scenario", scenario.id), status(scenario.verdict, &scenario.reason));
        case.set_classname(scenario.id.clone());
        suite.add_test_case(case);
    }
    suite
}

fn case(check: &CheckVerdict) -> TestCase {
    let mut status = status(check.verdict, &check.reason);
    if !check.verdict.is_green() {
        status.set_description(format!("expected: {}\nobserved: {}", check.expected, check.observed));
    }
    let mut case = TestCase::new(check.id.clone(), status);
    case.set_classname(match &check.cell {
        Some(cell) => format!("{}.{}", check.scenario, cell.grid),
        None => check.scenario.clone(),
    });
    if let Some(elapsed) = check.elapsed_ms {
        case.set_time(Duration::from_millis(elapsed));
    }
    case.add_property(("verdict", check.verdict.word()));
    for requirement in &check.requirements {
        case.add_property(("requirement", requirement.as_str()));
    }
    for digest in &check.evidence {
        case.add_property(("evidence", relative_path(digest).as_str()));
    }
    case
}

fn status(verdict: Verdict, reason: &str) -> TestCaseStatus {
    let mut status = match verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::NotApplicable | Verdict::Finding | Verdict::Waived => TestCaseStatus::skipped(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Broken | Verdict::Unknown | Verdict::Vacuous => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    // Most viewers show only the message, not the type.
    let message = match verdict {
        Verdict::Finding | Verdict::Waived => format!("{}: {reason}", verdict.word()),
        _ => reason.to_owned(),
    };
    status.set_type(verdict.word()).set_message(message);
    status
}
