//! The final table in a terminal.

use super::{
    Report,
    summary::counts,
    words::{count, run_duration, symbol},
};
use crate::verdict::{CheckVerdict, RequirementVerdict, Verdict};

/// How the table is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// Columns of the terminal. Below 60 the texts are left out.
    pub width: usize,
    pub color: Color,
    /// Where the full report lies, as the reader would open it.
    pub report: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Ansi,
    Plain,
}

/// Draws the table: requirements in the order of the catalogue, then red guards, then the counts.
pub fn table(report: &Report, style: Style<'_>) -> String {
    let mut lines = Vec::new();
    let ids = report.requirements.iter().map(|requirement| requirement.id.len()).max().unwrap_or(0);
    for requirement in &report.requirements {
        lines.extend(row(requirement, ids, style));
    }
    for guard in report.checks.iter().filter(|check| check.requirements.is_empty() && !check.verdict.is_green()) {
        lines.extend(guard_row(guard, style));
    }
    if !report.problems.is_empty() {
        lines.push(paint(style, Verdict::Broken, &format!("{} the run itself", symbol(Verdict::Broken))));
    }
    for problem in &report.problems {
        lines.extend(wrap(problem, style));
    }
    for leftover in &report.leftovers {
        lines.push(shorten(&format!("! left behind: {leftover}"), style.width));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(counts(report));
    if !report.unexamined.is_empty() {
        lines.push(format!("{} of the catalogue not examined", count(report.unexamined.len(), "requirement")));
    }
    let result = format!("{} {}", symbol(report.verdict), report.decision.result.words());
    let took = run_duration(&report.run).map(|took| format!(" in {took}")).unwrap_or_default();
    let result = paint(style, report.verdict, &result);
    lines.push(format!("{result}{took} · exit code {} ({})", report.exit_code, report.exit_meaning));
    lines.push(format!("report: {}", style.report));
    lines.join("\n") + "\n"
}

fn row(requirement: &RequirementVerdict, ids: usize, style: Style<'_>) -> Vec<String> {
    let verdict = requirement.verdict;
    let head = format!("{} {:ids$}  {:WORD$}", symbol(verdict), requirement.id, verdict.word());
    let checks = format!("  {:>7}", format!("{}/{}", requirement.passed, requirement.checks.len()));
    let taken = head.chars().count() + checks.chars().count() + 2;
    let mut first = paint(style, verdict, &head) + &checks;
    if style.width >= taken + 20 {
        first += "  ";
        first += &shorten(&requirement.text, style.width - taken);
    }
    let mut lines = vec![first];
    if verdict != Verdict::Pass {
        lines.extend(wrap(&requirement.reason, style));
    }
    lines
}

fn guard_row(guard: &CheckVerdict, style: Style<'_>) -> Vec<String> {
    let head = format!("{} {}  {}", symbol(guard.verdict), guard.id, guard.verdict.word());
    let mut lines = vec![paint(style, guard.verdict, &head)];
    lines.extend(wrap(&guard.reason, style));
    lines
}

/// Breaks a text into indented lines, between words where there are any.
fn wrap(text: &str, style: Style<'_>) -> Vec<String> {
    let room = style.width.saturating_sub(INDENT.len()).max(20);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| format!("{INDENT}{line}")).collect()
}

fn shorten(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn paint(style: Style<'_>, verdict: Verdict, text: &str) -> String {
    let code = match verdict {
        Verdict::Pass => "32",
        Verdict::Fail => "1;31",
        Verdict::Broken => "35",
        Verdict::Unknown | Verdict::Vacuous | Verdict::Waived => "33",
        Verdict::NotApplicable => "2",
    };
    match style.color {
        Color::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Color::Plain => text.to_owned(),
    }
}

const INDENT: &str = "    ";

/// Width of the longest verdict.
const WORD: usize = "not-applicable".len();
