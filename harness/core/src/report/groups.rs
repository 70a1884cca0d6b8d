//! What is not green, by cause: one [`Group`] for all checks that are red for the same reason.
//!
//! Input: a report. Output: groups, worst first. Two reasons are the same when they differ in counts, in times or in the
//! list of accepted outcomes; findings are the same when the scenario records the same explanation. The full reason of
//! every check stays in the check, and [`super::Cause`] in `report.json` groups by the full reason.

use super::{LetIn, Report};
use crate::{
    duration::parse_duration,
    verdict::{CheckVerdict, Verdict},
};

/// Checks with one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub verdict: Verdict,
    /// The cause in one phrase.
    pub headline: String,
    pub checks: Vec<&'a CheckVerdict>,
    /// Ids of the scenarios, in the order of the plan.
    pub scenarios: Vec<&'a str>,
    /// Requirements that its checks are evidence for; for a finding, also clauses of standards.
    pub requirements: Vec<&'a str>,
    /// For a finding, requirements that limit the harm.
    pub compensated_by: Vec<&'a str>,
    /// Recorded objects that let callers in.
    pub let_in: Vec<&'a LetIn>,
}

/// The groups of a report, worst first, otherwise in the order of the plan.
pub(super) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for check in report.checks.iter().filter(|check| !check.verdict.is_green()) {
        let headline = match &check.recorded {
            Some(recorded) => recorded.because.clone(),
            None => essence(&check.reason),
        };
        let group = group(&mut groups, check.verdict, headline);
        group.checks.push(check);
        add(&mut group.scenarios, [check.scenario.as_str()]);
        add(&mut group.requirements, check.requirements.iter().map(String::as_str));
        if let Some(recorded) = &check.recorded {
            add(&mut group.requirements, [recorded.from.as_str()]);
            add(&mut group.compensated_by, recorded.compensated_by.iter().map(String::as_str));
        }
        let own = report.let_in.iter().filter(|one| one.check == check.id);
        for one in own {
            if !group.let_in.iter().any(|known| (&known.object, &known.why) == (&one.object, &one.why)) {
                group.let_in.push(one);
            }
        }
    }
    // A scenario can be red without a red check.
    for scenario in report.scenarios.iter().filter(|scenario| !scenario.verdict.is_green()) {
        let covers = |group: &Group<'_>| {
            group.verdict == scenario.verdict && group.scenarios.iter().any(|known| *known == scenario.id)
        };
        if !groups.iter().any(covers) {
            let group = group(&mut groups, scenario.verdict, essence(&scenario.reason));
            add(&mut group.scenarios, [scenario.id.as_str()]);
        }
    }
    // The sort is stable: equals stay in the order of the plan.
    groups.sort_by_key(|group| std::cmp::Reverse(group.verdict));
    groups
}

fn group<'a, 'b>(groups: &'b mut Vec<Group<'a>>, verdict: Verdict, headline: String) -> &'b mut Group<'a> {
    let known = groups.iter().position(|group| group.verdict == verdict && group.headline == headline);
    let index = known.unwrap_or_else(|| {
        groups.push(Group {
            verdict,
            headline,
            checks: Vec::new(),
            scenarios: Vec::new(),
            requirements: Vec::new(),
            compensated_by: Vec::new(),
            let_in: Vec::new(),
        });
        groups.len() - 1
    });
    &mut groups[index]
}

fn add<'a>(list: &mut Vec<&'a str>, more: impl IntoIterator<Item = &'a str>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// A reason without what differs between checks of one cause: how many samples, after how long, what else would have
/// been accepted.
pub(super) fn essence(reason: &str) -> String {
    let mut text = reason;
    while let Some(rest) = without_count(text) {
        text = rest;
    }
    let mut out = String::with_capacity(text.len());
    while let Some(start) = text.find(ACCEPTED) {
        let Some(end) = closing(&text[start + 1..]) else { break };
        out.push_str(text[..start].trim_end());
        text = &text[start + 1 + end + 1..];
    }
    out.push_str(text);
    out
}

const ACCEPTED: &str = "(accepted: ";

/// The text behind `3 of 5 samples: ` or `after 2.1s of 20s: `.
fn without_count(text: &str) -> Option<&str> {
    let (head, rest) = text.split_once(": ")?;
    let words: Vec<&str> = head.split(' ').collect();
    let number = |word: &str| word.parse::<usize>().is_ok();
    let time = |word: &str| parse_duration(word).is_some();
    match words.as_slice() {
        [some, "of", all, "samples"] if number(some) && number(all) => Some(rest),
        ["after", some, "of", all] if time(some) && time(all) => Some(rest),
        _ => None,
    }
}

/// The place of the parenthesis that closes the one before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(place),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_counts_and_lists_have_one_essence() {
        for (reason, expected) in [
            (
                "1 of 5 samples: established although denied (accepted: reset, tls-alert(unknown_ca))",
                "established although denied",
            ),
            ("after 2.1s of 20s: lost is 4, expected 0", "lost is 4, expected 0"),
            ("then.outcome hang (accepted: a(b), c); and more", "then.outcome hang; and more"),
            ("a (accepted: b", "a (accepted: b"),
            ("some of all samples: x", "some of all samples: x"),
            ("step before: not readable", "step before: not readable"),
            ("", ""),
        ] {
            assert_eq!(essence(reason), expected, "{reason}");
        }
    }
}
