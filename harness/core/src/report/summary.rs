//! `summary.md`, for a pipeline's step summary and for pull requests. Bounded: only examined requirements, capped
//! lists.

use std::io::Write;

use serde_json::Value;

use super::{
    CaseGrid, RenderError, Report, case_grids, case_line, case_markdown, detection, format, headline, ledgers::HEAD,
    support::support_lines, withheld::withheld_lines,
};
use crate::{
    support::TOPIC,
    text::plain,
    verdict::{Verdict, worst},
};

/// Writes the report as Markdown.
///
/// # Errors
/// When the writer fails.
pub fn summary(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    decision(report, writer)?;
    requirements(report, writer)?;
    cases(report, writer)?;
    ledgers(report, writer)?;
    failures(report, writer)?;
    sabotages(report, writer)?;
    environment(report, writer)?;
    Ok(())
}

fn decision(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let result = headline::conformance_status(report);
    writeln!(out, "# {} mTLS conformance: {result}\n", report.verdict.symbol())?;
    let took = format::run_duration(&report.run).map(|took| format!(" · {took}")).unwrap_or_default();
    let stack = headline::stack(report).map(|stack| format!(" · stack {}", code(stack))).unwrap_or_default();
    writeln!(
        out,
        "Run {} · world {}{stack}{took} · exit code {} ({})\n",
        code(&report.run.id),
        code(&report.run.world),
        report.exit_code,
        report.exit_meaning
    )?;
    capped(out, &report.decision.because, |reason| format!("- {}", line(reason)))?;
    writeln!(out, "\n{}\n", counts(report))?;
    if let Some(flaky) = headline::flaky(report) {
        writeln!(out, "{}\n", line(&flaky))?;
    }
    let withheld = withheld_lines(report);
    if !withheld.is_empty() {
        capped(out, &withheld, |one| format!("- {}", line(one)))?;
        writeln!(out)?;
    }
    let support = support_lines(report);
    for one in &support {
        writeln!(out, "- {} {}", one.mark.symbol(), line(&one.text))?;
    }
    if !support.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "_Not a certificate: {}._\n", line(&report.decision.why))
}

fn requirements(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.requirements.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Requirements\n\n| | Requirement | Description | Checks | Verdict |\n|---|---|---|---|---|")?;
    let mut rows: Vec<_> = report.requirements.iter().collect();
    rows.sort_by_key(|requirement| std::cmp::Reverse(requirement.verdict));
    for requirement in rows {
        let reason = match requirement.verdict {
            Verdict::Pass => requirement.verdict.word().to_owned(),
            verdict => format!("**{}**: {}", verdict.word(), cell(&requirement.reason)),
        };
        writeln!(
            out,
            "| {} | {} | {} | {}/{} | {reason} |",
            requirement.verdict.symbol(),
            cell(&requirement.id),
            cell(&requirement.text),
            requirement.passed,
            requirement.checks.len(),
        )?;
    }
    writeln!(out, "\nNot examined: {} of the catalogue.\n", format::count(report.unexamined.len(), "requirement"))
}

/// One line per grid, with the whole grid folded.
fn cases(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let grids = case_grids(report);
    if grids.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Certificate cases\n")?;
    for grid in grids {
        writeln!(out, "<details><summary>{} {}</summary>\n", worst_of(&grid).symbol(), cell(&case_line(&grid)))?;
        case_markdown(&grid, out)?;
        writeln!(out, "\n</details>\n")?;
    }
    Ok(())
}

fn worst_of(grid: &CaseGrid) -> Verdict {
    worst(grid.rows.iter().flat_map(|row| row.cells.iter().flatten()).map(|cell| cell.verdict))
}

/// A row per stream.
fn ledgers(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.ledgers.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Ledgers\n\n| Stream | Rate | {} | Serials | Remarks |", HEAD.join(" | "))?;
    writeln!(out, "|---|---|{}---|---|", "---|".repeat(HEAD.len()))?;
    for ledger in &report.ledgers {
        let numbers: Vec<String> = ledger.numbers().iter().map(u64::to_string).collect();
        writeln!(
            out,
            "| {} {} | {} | {} | {} | {} |",
            code(&ledger.check),
            cell(&ledger.who()),
            cell(&ledger.rate()),
            numbers.join(" | "),
            cell(&ledger.serials()),
            cell(&ledger.remarks().join("; "))
        )?;
    }
    writeln!(out)
}

fn failures(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.causes.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What is not green\n")?;
    for cause in report.causes.iter().take(MAX_ITEMS) {
        writeln!(out, "- {} **{}** {}", cause.verdict.symbol(), cause.verdict.word(), line(&cause.reason))?;
        for id in cause.checks.iter().take(3) {
            write!(out, "  - {}", code(id))?;
            match report.check(id) {
                Some(check) if !check.observed.is_empty() => {
                    writeln!(out, ": expected {}; observed {}", line(&check.expected), line(&check.observed))?;
                }
                _ => writeln!(out)?,
            }
        }
        if cause.checks.len() > 3 {
            writeln!(out, "  - and {} more", cause.checks.len() - 3)?;
        }
        for command in format::reruns(&cause.scenarios) {
            writeln!(out, "  - again: {}", code(&command))?;
        }
    }
    if report.causes.len() > MAX_ITEMS {
        writeln!(out, "- and {} more in `report.html`", report.causes.len() - MAX_ITEMS)?;
    }
    writeln!(out)
}

/// Sabotages and the checks that detected them; only for runs that tried some.
fn sabotages(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(power) = detection::line(report).filter(|_| detection::tried(report)) else { return Ok(()) };
    writeln!(out, "## Sabotage\n\n{power}\n\n| Sabotage | Description | Proof | Reason |\n|---|---|---|---|")?;
    for one in &report.sabotages {
        let (id, says, reason) = (cell(&one.id), cell(&one.says), cell(&one.reason));
        writeln!(out, "| {id} | {says} | {} | {reason} |", one.proof.word())?;
    }
    let unproven = detection::unproven(report);
    if !unproven.is_empty() {
        writeln!(out, "\nUnproven, because no sabotage turned them red: {}.", unproven.join(", "))?;
    }
    writeln!(out)
}

fn environment(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.environment.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Environment\n")?;
    for (key, value) in report.environment.iter().filter(|(key, _)| *key != TOPIC) {
        match value {
            Value::Object(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
                writeln!(out, "- {}: {}", line(key), line(&fields.join(", ")))?;
            }
            Value::Array(items) if items.iter().all(Value::is_string) => {
                capped(out, items, |item| format!("- {}: {}", line(key), line(&plain(item))))?;
            }
            Value::Array(items) => writeln!(out, "- {}: {}", line(key), items.len())?,
            scalar => writeln!(out, "- {}: {}", line(key), line(&plain(scalar)))?,
        }
    }
    Ok(())
}

/// `15 checks: 12 pass, 2 fail, 1 broken`.
pub(super) fn counts(report: &Report) -> String {
    let parts: Vec<_> = Verdict::ALL
        .into_iter()
        .filter(|verdict| report.count(*verdict) > 0)
        .map(|verdict| format!("{} {}", report.count(verdict), verdict.word()))
        .collect();
    let total = format::count(report.checks.len(), "check");
    if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) }
}

fn capped<T>(out: &mut dyn Write, items: &[T], spell: impl Fn(&T) -> String) -> std::io::Result<()> {
    for item in items.iter().take(MAX_ITEMS) {
        writeln!(out, "{}", spell(item))?;
    }
    if items.len() > MAX_ITEMS {
        writeln!(out, "- and {} more", items.len() - MAX_ITEMS)?;
    }
    Ok(())
}

/// One line with all markup escaped.
pub(super) fn line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => escaped.extend(['\\', character]),
            '\n' | '\r' | '\t' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A code span, in which only a backtick is markup.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// [`line`] inside a table.
pub(super) fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// Maximum number of items in a list.
const MAX_ITEMS: usize = 25;
