//! The headline of a run, shared by all formats.

use super::Report;
use crate::verdict::{ConformanceStatus, Mark, Verdict};

/// The conformance status in a few words. Findings and waived failures are requirements that are not met, so they are
/// named.
pub(super) fn conformance_status(report: &Report) -> String {
    let words = report.decision.result.words();
    if report.decision.result != ConformanceStatus::Conformant {
        return words.to_owned();
    }
    let is_waived = report.count(Verdict::Waived) > 0;
    match (report.verdict == Verdict::Finding, is_waived) {
        (false, false) => words.to_owned(),
        (true, false) => format!("{words}, with findings"),
        (false, true) => format!("{words}, with waived failures"),
        (true, true) => format!("{words}, with findings and waived failures"),
    }
}

/// The name of the version set, in a world that the harness installed.
pub(super) fn stack(report: &Report) -> Option<&str> {
    report.environment.get("stack")?["name"].as_str()
}

/// Number and ids of the flaky checks; `None` when there are none.
pub(super) fn flaky(report: &Report) -> Option<String> {
    let flaky = report.checks.iter().filter(|check| check.marks.contains(&Mark::Flaky));
    let ids: Vec<&str> = flaky.map(|check| check.id.as_str()).collect();
    (!ids.is_empty()).then(|| format!("{} flaky: {}", ids.len(), ids.join(", ")))
}
