//! Several runs in one table: the verdicts of each check, with their numbers.

use std::fmt::Write as _;

use super::format::count;
use crate::verdict::{Repeated, RepeatedCheck, Verdict, worst};

/// The headline, and a line for each check that is flaky or was not always green.
#[must_use]
pub fn runs_table(repeated: &Repeated) -> String {
    let mut text = format!("{}\n", headline(repeated));
    for check in repeated.checks.iter().filter(|check| check.is_flaky() || !worst_of(check).is_green()) {
        let mark = if check.is_flaky() { '≠' } else { worst_of(check).symbol() };
        let _ = writeln!(text, "{mark} {}  {}", check.id, verdicts(check));
    }
    text
}

/// The headline and a row for every check, as Markdown.
#[must_use]
pub fn runs_summary(repeated: &Repeated) -> String {
    let mut text = format!("# {}\n\n| | Check | Verdicts |\n|---|---|---|\n", headline(repeated));
    let mut rows: Vec<&RepeatedCheck> = repeated.checks.iter().collect();
    // The sort is stable: equals stay in the order of the plan.
    rows.sort_by_key(|check| std::cmp::Reverse((check.is_flaky(), worst_of(check))));
    for check in rows {
        let flaky = if check.is_flaky() { "**flaky**: " } else { "" };
        let _ = writeln!(text, "| {} | `{}` | {flaky}{} |", worst_of(check).symbol(), check.id, verdicts(check));
    }
    text.push_str("\n| Run | Exit code |\n|---|---|\n");
    for (run, exit) in &repeated.runs {
        let _ = writeln!(text, "| `{run}` | {} ({}) |", exit.code(), exit.meaning());
    }
    text
}

fn headline(repeated: &Repeated) -> String {
    let flaky = match repeated.flaky().count() {
        0 => "none flaky".to_owned(),
        flaky => format!("{flaky} flaky"),
    };
    format!("{} of {}: {flaky}", count(repeated.runs.len(), "run"), count(repeated.checks.len(), "check"))
}

fn verdicts(check: &RepeatedCheck) -> String {
    let parts: Vec<_> =
        check.verdicts.iter().rev().map(|(verdict, times)| format!("{} ×{times}", verdict.word())).collect();
    parts.join(", ")
}

fn worst_of(check: &RepeatedCheck) -> Verdict {
    worst(check.verdicts.keys().copied())
}
