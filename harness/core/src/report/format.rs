//! The text form of durations, instants and counts in reports.

use std::collections::BTreeMap;

use jiff::Timestamp;

pub(super) use crate::text::counted as count;
use crate::verdict::RunFacts;

/// `240 ms`, `2.8 s`, `3 min 20 s`.
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `2026-11-24 10:15:00 UTC`.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The time to the millisecond, where the day is known.
pub(super) fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%S.%3f UTC").to_string()
}

/// The text with a capital first letter.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The duration of the run, if its start and end are recorded.
pub(super) fn run_duration(run: &RunFacts) -> Option<String> {
    let span = run.ended?.duration_since(run.started?);
    Some(duration(u64::try_from(span.as_millis()).unwrap_or_default()))
}

/// `reset ×4, established ×1`: the most frequent first.
pub(super) fn outcomes(outcomes: &BTreeMap<String, u32>) -> String {
    let mut sorted: Vec<_> = outcomes.iter().collect();
    sorted.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    sorted.iter().map(|(word, number)| format!("{word} ×{number}")).collect::<Vec<_>>().join(", ")
}

/// The commands that run these scenarios again; empty for so many that repeating the whole run is simpler.
pub(super) fn reruns(scenarios: &[String]) -> Vec<String> {
    if scenarios.len() > 3 {
        return Vec::new();
    }
    scenarios.iter().map(|scenario| format!("cargo xtask e2e --only {scenario}")).collect()
}
