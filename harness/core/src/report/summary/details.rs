//! The parts of the summary below its first screen: every examined requirement, and what was recorded about the run.

use std::io::Write;

use serde_json::Value;

use super::texts::{capped, cell, code, line};
use crate::{
    report::{
        CaseGrid, RenderError, Report, case_grids, case_line, case_markdown, detection, format, groups::essence,
        ledgers::HEAD, waivers::waiver_lines,
    },
    support::TOPIC,
    text::plain,
    verdict::{RequirementVerdict, Verdict, worst},
};

/// A line per waiver.
pub(super) fn waivers(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    if report.waivers.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Waivers\n")?;
    capped(out, &waiver_lines(report), |one| format!("- {} {}", one.mark.symbol(), line(&one.text)))?;
    writeln!(out)?;
    Ok(())
}

/// A row per requirement that needs attention; those that pass or do not apply are listed by name.
pub(super) fn requirements(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    if report.requirements.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Requirements\n")?;
    let mut rows: Vec<&RequirementVerdict> = report.requirements.iter().filter(|one| needs_row(one)).collect();
    rows.sort_by_key(|requirement| std::cmp::Reverse(requirement.verdict));
    if !rows.is_empty() {
        writeln!(out, "| | Requirement | Description | Checks | Verdict |\n|---|---|---|---|---|")?;
    }
    for requirement in &rows {
        let reason = format::clipped(&essence(&requirement.reason), LONG);
        writeln!(
            out,
            "| {} | {} | {} | {}/{} | **{}**: {} |",
            requirement.verdict.symbol(),
            cell(&requirement.id),
            cell(&requirement.text),
            requirement.passed,
            requirement.checks.len(),
            requirement.verdict.word(),
            cell(&reason),
        )?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    for verdict in [Verdict::Waived, Verdict::Pass, Verdict::NotApplicable] {
        let ids: Vec<&str> =
            report.requirements.iter().filter(|one| one.verdict == verdict).map(|one| one.id.as_str()).collect();
        if !ids.is_empty() {
            writeln!(out, "- {} {} {}: {}", verdict.symbol(), ids.len(), verdict.word(), cell(&ids.join(", ")))?;
        }
    }
    writeln!(out, "- {} of the catalogue not examined\n", format::count(report.unexamined.len(), "requirement"))?;
    Ok(())
}

/// A row per control of a security framework.
pub(super) fn controls(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    if report.controls.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "## Controls\n\nEvidence toward controls of security frameworks; an assessor decides whether one is met.\n"
    )?;
    writeln!(out, "| | Control | Title | Passed | Requirements | Not examined |\n|---|---|---|---|---|---|")?;
    for control in &report.controls {
        let examined = control.requirements.len();
        writeln!(
            out,
            "| {} | {} | {} | {}/{examined} | {} | {} |",
            control.verdict.symbol(),
            cell(control.id.word()),
            cell(&format!("{} ({})", control.title, control.framework)),
            control.passed,
            control.requirements.join(", "),
            control.unexamined.join(", "),
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn needs_row(requirement: &RequirementVerdict) -> bool {
    !matches!(requirement.verdict, Verdict::Pass | Verdict::Waived | Verdict::NotApplicable)
}

/// One line per grid, with the whole grid folded.
pub(super) fn cases(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
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
pub(super) fn ledgers(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
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
    writeln!(out)?;
    Ok(())
}

/// Sabotages and the checks that detected them; only for runs that tried some.
pub(super) fn sabotages(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let Some(power) = detection::line(report).filter(|_| detection::tried(report)) else { return Ok(()) };
    writeln!(out, "## Sabotage\n\n{power}\n\n| Sabotage | Description | Proof | Reason |\n|---|---|---|---|")?;
    for one in &report.sabotages {
        let (id, says, reason) = (cell(&one.id), cell(&one.says), cell(&format::clipped(&one.reason, LONG)));
        writeln!(out, "| {id} | {says} | {} | {reason} |", one.proof.word())?;
    }
    let unproven = detection::unproven(report);
    if !unproven.is_empty() {
        writeln!(out, "\nUnproven, because no sabotage turned them red: {}.", unproven.join(", "))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Facts of the world.
pub(super) fn environment(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
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

/// Maximum number of letters of a reason.
const LONG: usize = 300;
