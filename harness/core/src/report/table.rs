//! The final table in a terminal.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::{
    Report, case_grids, case_line, detection,
    format::{clipped, count, run_duration},
    headline::{conformance_status, flaky},
    summary::counts,
    support::support_lines,
    waivers::waiver_lines,
    withheld::withheld_lines,
};
use crate::verdict::{CheckVerdict, RequirementVerdict, Verdict};

/// The style of the table.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// Width of the terminal in characters. Below 60 the texts are left out.
    pub width: usize,
    pub color: Color,
    pub rows: Rows,
    /// Path of the full report, as the reader opens it.
    pub report: &'a str,
}

/// Which requirements have a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Every examined requirement.
    All,
    /// Those that somebody must look at.
    NotGreen,
}

/// Whether the table uses ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Ansi,
    Plain,
}

/// Draws the table. What is not green comes last but for the counts and the decision, the worst nearest to them: a
/// terminal shows its end.
#[must_use]
pub fn table(report: &Report, style: Style<'_>) -> String {
    let mut lines = Vec::new();
    if !report.run.client_faults.is_empty() {
        lines.push(paint(
            style,
            Verdict::Broken,
            &format!("! the reference client is sabotaged: {}", report.run.client_faults.join(", ")),
        ));
        lines.push(String::new());
    }
    green(report, style, &mut lines);
    around(report, style, &mut lines);
    if !lines.last().is_none_or(String::is_empty) {
        lines.push(String::new());
    }
    let before = lines.len();
    not_green(report, style, &mut lines);
    if lines.len() > before {
        lines.push(String::new());
    }
    end(report, style, &mut lines);
    lines.join("\n") + "\n"
}

/// The requirements that pass or do not apply, and the number of those that have no row.
fn green(report: &Report, style: Style<'_>, lines: &mut Vec<String>) {
    let is_quiet = |one: &&RequirementVerdict| matches!(one.verdict, Verdict::Pass | Verdict::NotApplicable);
    let number = |verdict| report.requirements.iter().filter(|one| one.verdict == verdict).count();
    let quiet: Vec<&RequirementVerdict> = report.requirements.iter().filter(is_quiet).collect();
    match style.rows {
        Rows::All => {
            let ids = width_of_ids(report);
            let mut given = Vec::new();
            for requirement in quiet {
                lines.push(row(requirement, ids, style));
                if requirement.verdict != Verdict::Pass {
                    lines.extend(explain(report, &requirement.checks, requirement.verdict, &mut given, style));
                }
            }
        }
        Rows::NotGreen => {
            let parts: Vec<String> = [Verdict::Pass, Verdict::NotApplicable]
                .into_iter()
                .filter(|verdict| number(*verdict) > 0)
                .map(|verdict| format!("{} {} {}", verdict.symbol(), number(verdict), verdict.word()))
                .collect();
            if !parts.is_empty() {
                lines.extend(hanging(&format!("requirements: {} (--all lists them)", parts.join(", ")), style));
            }
        }
    }
    if !report.unexamined.is_empty() {
        lines.push(format!("{} of the catalogue not examined", count(report.unexamined.len(), "requirement")));
    }
}

/// What is neither a verdict nor the decision: case grids, support of versions, evidence that was not stored.
fn around(report: &Report, style: Style<'_>, lines: &mut Vec<String>) {
    for grid in case_grids(report) {
        lines.extend(wrap(&case_line(&grid), style).into_iter().map(|line| line.trim_start().to_owned()));
    }
    for one in support_lines(report).into_iter().rev() {
        let text = format!("{} {}", one.mark.symbol(), one.text);
        let mut wrapped = hanging(&text, style).into_iter();
        lines.extend(wrapped.next().map(|first| paint(style, one.mark, &first)));
        lines.extend(wrapped);
    }
    lines.extend(withheld_lines(report).iter().flat_map(|line| hanging(line, style)));
    let unproven = detection::unproven(report);
    if !unproven.is_empty() {
        let text = format!("unproven, because no sabotage turned them red: {}", unproven.join(", "));
        lines.extend(hanging(&text, style));
    }
}

/// Requirements, guards, sabotages and the run itself, the worst last.
fn not_green(report: &Report, style: Style<'_>, lines: &mut Vec<String>) {
    for wild in detection::unnoticed(report) {
        let shown = wild.shown_as();
        let head = format!("{} {}  {}", shown.symbol(), wild.id, detection::unscripted_word(wild.proof));
        lines.push(paint(style, shown, &head));
        lines.extend(wrap(&wild.reason, style));
    }
    for sabotage in detection::bad(report) {
        let shown = sabotage.proof.shown_as();
        let head = format!("{} {}  {}", shown.symbol(), sabotage.id, sabotage.proof.word());
        lines.push(paint(style, shown, &head));
        lines.extend(wrap(&sabotage.reason, style));
    }
    if !report.problems.is_empty() {
        lines.push(paint(style, Verdict::Broken, &format!("{} the run itself", Verdict::Broken.symbol())));
    }
    for problem in &report.problems {
        lines.extend(wrap(problem, style));
    }
    let guards = report.checks.iter().filter(|check| check.requirements.is_empty() && !check.verdict.is_green());
    let requirements = report.requirements.iter();
    let requirements = requirements.filter(|one| !matches!(one.verdict, Verdict::Pass | Verdict::NotApplicable));
    let mut red: Vec<Red<'_>> = guards.map(Red::Guard).chain(requirements.map(Red::Requirement)).collect();
    // The sort is stable: equals stay in the order of the plan.
    red.sort_by_key(Red::verdict);
    let ids = width_of_ids(report);
    let mut given = Vec::new();
    for one in red {
        match one {
            Red::Guard(guard) => {
                let head = format!("{} {}  {}", guard.verdict.symbol(), guard.id, guard.verdict.word());
                lines.push(paint(style, guard.verdict, &head));
                lines.extend(explain(report, std::slice::from_ref(&guard.id), guard.verdict, &mut given, style));
            }
            Red::Requirement(requirement) => {
                lines.push(row(requirement, ids, style));
                lines.extend(explain(report, &requirement.checks, requirement.verdict, &mut given, style));
            }
        }
    }
}

/// Something with a row of its own.
enum Red<'a> {
    Guard(&'a CheckVerdict),
    Requirement(&'a RequirementVerdict),
}

impl Red<'_> {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Guard(check) => check.verdict,
            Self::Requirement(requirement) => requirement.verdict,
        }
    }
}

/// The counts and the decision.
fn end(report: &Report, style: Style<'_>, lines: &mut Vec<String>) {
    if let Some(baseline) = &report.baseline {
        lines.extend(hanging(&format!("since {}: {}", baseline.run, baseline.line()), style));
    }
    lines.extend(hanging(&counts(report), style));
    lines.extend(flaky(report).iter().flat_map(|line| hanging(line, style)));
    let broken = detection::line(report).into_iter().chain(detection::unscripted_line(report));
    lines.extend(broken.flat_map(|line| hanging(&line, style)));
    for one in waiver_lines(report) {
        let mut wrapped = hanging(&format!("{} {}", one.mark.symbol(), one.text), style).into_iter();
        lines.extend(wrapped.next().map(|first| paint(style, one.mark, &first)));
        lines.extend(wrapped);
    }
    let verdict = if report.verdict.is_green() && report.exit_code != 0 { Verdict::Unknown } else { report.verdict };
    let result = format!("{} {}", verdict.symbol(), conformance_status(report));
    let took = run_duration(&report.run).map(|took| format!(" in {took}")).unwrap_or_default();
    lines.push(paint(style, verdict, &result) + &took);
    lines.push(format!("exit code {} ({})", report.exit_code, report.exit_meaning));
    lines.push(format!("report: {}", style.report));
}

fn width_of_ids(report: &Report) -> usize {
    report.requirements.iter().map(|requirement| requirement.id.len()).max().unwrap_or(0)
}

fn row(requirement: &RequirementVerdict, ids: usize, style: Style<'_>) -> String {
    let verdict = requirement.verdict;
    let head = format!("{} {:ids$}  {:WORD$}", verdict.symbol(), requirement.id, verdict.word());
    let checks = format!("  {:>7}", format!("{}/{}", requirement.passed, requirement.checks.len()));
    let taken = head.chars().count() + checks.chars().count() + 2;
    let mut first = paint(style, verdict, &head) + &checks;
    if style.width >= taken + 20 {
        first += "  ";
        first += &shorten(&requirement.text, style.width - taken);
    }
    first
}

/// The first check with this verdict, and its reason, unless the reason was already given above.
fn explain<'a>(
    report: &'a Report,
    checks: &[String],
    verdict: Verdict,
    given: &mut Vec<&'a str>,
    style: Style<'_>,
) -> Vec<String> {
    let same: Vec<_> =
        checks.iter().filter_map(|id| report.check(id)).filter(|check| check.verdict == verdict).collect();
    let Some(first) = same.first() else { return Vec::new() };
    if given.contains(&first.reason.as_str()) {
        return wrap("for the same reason", style);
    }
    given.push(&first.reason);
    let mut lines = match &first.recorded {
        Some(recorded) => wrap(&format!("as recorded: {}", recorded.because), style),
        None => wrap(&clipped(&first.reason, LONG), style),
    };
    let objects = report.let_in.iter().filter(|one| one.check == first.id);
    lines.extend(objects.flat_map(|one| wrap(&format!("let in by {}", one.text()), style)));
    match same.len() {
        // The row of a guard has its id, and a check that is not applicable needs no reference.
        1 if first.requirements.is_empty() || verdict == Verdict::NotApplicable => {}
        1 => lines.extend(wrap(&first.id, style)),
        many => lines.extend(wrap(&format!("{} and {} more", first.id, many - 1), style)),
    }
    lines
}

/// Breaks a text into indented lines, at spaces only.
pub(super) fn wrap(text: &str, style: Style<'_>) -> Vec<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return Vec::new();
    }
    let options = Options::new(style.width.max(INDENT.len() + 20))
        .initial_indent(INDENT)
        .subsequent_indent(INDENT)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(&words, options).into_iter().map(Cow::into_owned).collect()
}

/// As [`wrap`], with the first line not indented.
pub(super) fn hanging(text: &str, style: Style<'_>) -> Vec<String> {
    let mut lines = wrap(text, style);
    if let Some(first) = lines.first_mut() {
        *first = first.trim_start().to_owned();
    }
    lines
}

fn shorten(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

pub(super) fn paint(style: Style<'_>, verdict: Verdict, text: &str) -> String {
    let code = match verdict {
        Verdict::Pass => "32",
        Verdict::Fail => "1;31",
        Verdict::Broken => "35",
        Verdict::Unknown | Verdict::Vacuous | Verdict::Finding | Verdict::Waived => "33",
        Verdict::NotApplicable => "2",
    };
    match style.color {
        Color::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Color::Plain => text.to_owned(),
    }
}

const INDENT: &str = "    ";

/// Maximum number of letters of a reason.
const LONG: usize = 500;

/// Width of the longest verdict, in characters.
const WORD: usize = "not-applicable".len();
