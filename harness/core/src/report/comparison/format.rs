//! Texts that both formats of a comparison share.

use std::collections::BTreeMap;

use super::{LeftOut, LoneCheck, RunComparison, RunInBrief, Seen, Time, Turn};
pub(super) use crate::report::format::count;
use crate::{report::format::duration, verdict::Verdict};

/// `20261124T101500-green in the kind world: exit code 0 (conformant); 27 checks: 26 pass, 1 not-applicable`.
pub(super) fn brief(run: &RunInBrief) -> String {
    let checks = verdicts(&run.counts);
    format!(
        "{} in the {} world: exit code {} ({}); {checks}",
        run.run.id, run.run.world, run.exit_code, run.exit_meaning
    )
}

/// `27 checks in both runs: 2 newly red, 1 newly green; 3 only before, 1 only after, of them 1 red; 1 sabotage newly
/// red`.
pub(super) fn headline(comparison: &RunComparison) -> String {
    let turns = [Turn::NewlyRed, Turn::NoLongerPass, Turn::NewlyGreen, Turn::Other];
    let turned = turns.into_iter().map(|turn| (comparison.turned(turn).count(), title(turn)));
    let turned: Vec<String> =
        turned.filter(|(number, _)| *number > 0).map(|(number, title)| format!("{number} {title}")).collect();
    let turned = if turned.is_empty() { "every verdict is the same".to_owned() } else { turned.join(", ") };
    let mut text = format!("{} in both runs: {turned}", count(comparison.common, "check"));
    let mut lone = Vec::new();
    if !comparison.only_before.is_empty() {
        lone.push(format!("{} only before", comparison.only_before.len()));
    }
    if !comparison.only_after.is_empty() {
        let red = match comparison.arrived_red().count() {
            0 => String::new(),
            red => format!(", of them {red} red"),
        };
        lone.push(format!("{} only after{red}", comparison.only_after.len()));
    }
    if !lone.is_empty() {
        text = format!("{text}; {}", lone.join(", "));
    }
    let problems = comparison.problems.iter().filter(|problem| problem.seen == Seen::After).count();
    let sabotages = comparison.sabotages.iter().filter(|one| one.is_newly_red()).count();
    for (number, noun) in [(problems, "problem"), (sabotages, "sabotage")] {
        if number > 0 {
            text = format!("{text}; {} newly red", count(number, noun));
        }
    }
    text
}

pub(super) const fn title(turn: Turn) -> &'static str {
    match turn {
        Turn::NewlyRed => "newly red",
        Turn::NoLongerPass => "no longer pass",
        Turn::NewlyGreen => "newly green",
        Turn::Other => "with another verdict",
    }
}

/// The numbers of differences that are not listed; `None` when all are listed.
pub(super) fn left_out(left_out: LeftOut) -> Option<String> {
    let mut parts = Vec::new();
    let mut part = |number: usize, noun: &str, why: &str| {
        if number > 0 {
            parts.push(format!("{} {why}", count(number, noun)));
        }
    };
    part(left_out.volatile, "value", "of the kind that is another in every run");
    part(left_out.measured, "measurement", "that moved inside what is demanded");
    part(left_out.reasons, "reason", "with other numbers or times alone");
    let mut text = (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")));
    if left_out.recorded > 0 {
        let facts = count(left_out.recorded, "fact");
        let all = format!("of everything recorded, {facts} of {} differ", count(left_out.checks, "check"));
        text = Some(text.map_or_else(|| all.clone(), |text| format!("{text}; {all}")));
    }
    text.map(|text| format!("{text}; --facts all lists them"))
}

/// Before, after, difference: `8.4 s`, `9.1 s`, `+700 ms`.
pub(super) fn times(time: &Time) -> [String; 3] {
    let spelled = |millis: Option<u64>| millis.map_or_else(|| NOTHING.to_owned(), duration);
    let difference = match time.difference() {
        None => String::new(),
        Some(0) => "±0".to_owned(),
        Some(more) if more > 0 => format!("+{}", duration(more.unsigned_abs())),
        Some(less) => format!("−{}", duration(less.unsigned_abs())),
    };
    [spelled(time.before), spelled(time.after), difference]
}

/// `720h → 2160h`, with [`NOTHING`] for an absent value.
pub(super) fn change(before: Option<&str>, after: Option<&str>) -> String {
    format!("{} → {}", before.map_or_else(nothing, value), after.map_or_else(nothing, value))
}

fn nothing() -> String {
    NOTHING.to_owned()
}

/// A value in one readable line: a long one is shown by its beginning, its end and its length.
pub(super) fn value(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length <= LONGEST {
        return line;
    }
    let head: String = line.chars().take(LONGEST / 2).collect();
    let tail: String = line.chars().skip(length - LONGEST / 2).collect();
    format!("{head} … {tail} ({length} characters)")
}

const LONGEST: usize = 120;

/// Checks that only one run has: a line for each scenario that only this run has, and the other checks.
pub(super) fn grouped<'a>(checks: &[&'a LoneCheck]) -> (Vec<String>, Vec<&'a LoneCheck>) {
    let mut scenarios: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    let mut rest = Vec::new();
    for check in checks {
        match &check.lone_scenario {
            Some(scenario) => *scenarios.entry(scenario).or_default().entry(check.verdict).or_default() += 1,
            None => rest.push(*check),
        }
    }
    let line = |(scenario, counts): (&str, BTreeMap<Verdict, usize>)| format!("{scenario}, {}", verdicts(&counts));
    (scenarios.into_iter().map(line).collect(), rest)
}

/// `27 checks: 26 pass, 1 not-applicable`, worst first.
fn verdicts(counts: &BTreeMap<Verdict, usize>) -> String {
    let parts = counts.iter().rev().map(|(verdict, number)| format!("{number} {}", verdict.word()));
    let parts: Vec<String> = parts.collect();
    let checks = count(counts.values().sum::<usize>(), "check");
    if parts.is_empty() { checks } else { format!("{checks}: {}", parts.join(", ")) }
}

/// Number of untried sabotages that only one plan has or that apply in one world only; `None` when there are none.
pub(super) fn idle(comparison: &RunComparison) -> Option<String> {
    let idle = comparison.sabotages.iter().filter(|one| one.is_idle()).count();
    (idle > 0).then(|| format!("{idle} untried, and known to one plan only or applicable in one world only"))
}

/// Times that at least one run has, and the number of times that neither has.
pub(super) fn timed(all: &[Time]) -> (Vec<&Time>, usize) {
    let timed: Vec<&Time> = all.iter().filter(|time| time.before.is_some() || time.after.is_some()).collect();
    let untimed = all.len() - timed.len();
    (timed, untimed)
}

/// The text for an absent value.
pub(super) const NOTHING: &str = "–";
