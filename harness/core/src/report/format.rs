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

/// The text, cut at this number of letters; what is left out is counted.
pub(super) fn clipped(text: &str, most: usize) -> String {
    let letters = text.chars().count();
    if letters <= most + CUT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most).collect();
    format!("{}… (and {} more letters)", kept.trim_end(), letters - most)
}

/// A cut shorter than this would save nothing.
const CUT: usize = 40;

/// The first items of a list, and how many more there are.
pub(super) fn listed<T: AsRef<str>>(items: &[T], most: usize) -> Vec<String> {
    let more = items.len().saturating_sub(most);
    let shown = items.iter().take(most).map(|item| item.as_ref().to_owned());
    shown.chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The first items in one line; `None` for an empty list.
pub(super) fn some<T: AsRef<str>>(items: &[T], most: usize) -> Option<String> {
    (!items.is_empty()).then(|| listed(items, most).join(", "))
}

/// The commands that run these scenarios again; empty for so many that repeating the whole run is simpler.
pub(super) fn reruns(scenarios: &[String]) -> Vec<String> {
    if scenarios.len() > 3 {
        return Vec::new();
    }
    scenarios.iter().map(|scenario| format!("cargo xtask e2e --only {scenario}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(clipped("short", 3), "short");
        let long = "é".repeat(100);
        assert_eq!(clipped(&long, 10), format!("{}… (and 90 more letters)", "é".repeat(10)));
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        assert_eq!(listed(&["a", "b", "c"], 2), ["a", "b", "and 1 more"]);
        assert_eq!(some(&["a", "b"], 2).as_deref(), Some("a, b"));
        assert_eq!(some::<&str>(&[], 2), None);
    }
}
