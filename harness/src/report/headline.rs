//! What every format says first of a whole run.

use super::Report;
use crate::verdict::{ConformanceStatus, Mark, Verdict};

/// The decision in two or four words. What is on record is not met either, so it is part of them.
pub(super) fn standing(report: &Report) -> String {
    let words = report.decision.result.words();
    let rests_on_record = report.decision.result == ConformanceStatus::Conformant && report.verdict == Verdict::Finding;
    if rests_on_record { format!("{words}, with findings") } else { words.to_owned() }
}

/// The set of versions that a world of ours had.
pub(super) fn stack(report: &Report) -> Option<&str> {
    report.environment.get("stack")?["name"].as_str()
}

/// Checks whose samples had to agree and did not; nothing when there are none.
pub(super) fn flaky(report: &Report) -> Option<String> {
    let flaky = report.checks.iter().filter(|check| check.marks.contains(&Mark::Flaky));
    let ids: Vec<&str> = flaky.map(|check| check.id.as_str()).collect();
    (!ids.is_empty()).then(|| format!("{} flaky: {}", ids.len(), ids.join(", ")))
}
