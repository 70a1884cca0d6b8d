//! Case grids in Markdown, for `summary.md` and for a terminal.

use std::io::Write;

use super::grid::{CaseCell, CaseGrid};
use crate::{report::format::count, verdict::Verdict};

/// The result of one grid in a line.
pub fn case_line(grid: &CaseGrid) -> String {
    let mut line = format!(
        "{}: {} at {}, {} judged",
        grid.scenario,
        count(grid.rows.len(), "case"),
        count(grid.columns.len(), "target"),
        count(grid.handshakes(), "handshake"),
    );
    if let (Some(handshakes), Some(cases)) = (grid.handshakes_per_second(), grid.cases_per_second()) {
        let cases = count(cases, "case");
        line = format!("{line} ({handshakes} per second, {cases} per second)");
    }
    let findings: Vec<String> = grid
        .columns
        .iter()
        .filter(|column| column.findings > 0)
        .map(|column| format!("{} at {}", column.findings, column.name))
        .collect();
    if !findings.is_empty() {
        line = format!("{line}; not what the standard says, as recorded: {}", findings.join(", "));
    }
    line
}

/// The grid as a table, with its findings explained below.
///
/// # Errors
///
/// When the writer fails.
pub fn case_markdown(grid: &CaseGrid, out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "| Case | Ideal |")?;
    for column in &grid.columns {
        write!(out, " {} |", column.name)?;
    }
    write!(out, "\n|---|---|")?;
    writeln!(out, "{}", "---|".repeat(grid.columns.len()))?;
    for row in &grid.rows {
        if row.begins_group {
            writeln!(out, "| **{}** | |{}", row.about.group, " |".repeat(grid.columns.len()))?;
        }
        write!(out, "| {} | {} |", row.case, short(&row.about.ideal))?;
        for cell in &row.cells {
            write!(out, " {} |", cell.as_ref().map_or_else(|| "–".to_owned(), shown))?;
        }
        writeln!(out)?;
    }
    findings(grid, out)
}

/// The observed outcome, with the verdict where it is not a pass.
fn shown(cell: &CaseCell) -> String {
    let observed = match cell.verdict {
        Verdict::NotApplicable => "not applicable".to_owned(),
        _ => short(&cell.observed).replace('|', "\\|"),
    };
    match cell.verdict {
        Verdict::Pass => observed,
        Verdict::Finding | Verdict::NotApplicable => format!("{} {observed}", cell.verdict.symbol()),
        verdict => format!("**{} {}** {observed}, expected {}", verdict.symbol(), verdict.word(), cell.expected),
    }
}

fn findings(grid: &CaseGrid, out: &mut dyn Write) -> std::io::Result<()> {
    let rows: Vec<_> = grid.rows.iter().filter_map(|row| Some((row, row.finding()?))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} not what the standard says, as recorded, and no conformance:\n", Verdict::Finding.symbol())?;
    for (row, reason) in rows {
        writeln!(out, "- {} ({}, {}): {reason}", row.case, row.about.standard, row.about.severity)?;
    }
    Ok(())
}

/// The name of an alert without its kind, because columns are narrow.
fn short(outcome: &str) -> String {
    let inner = ["tls-alert(", "client-rejected-server("].iter().find_map(|head| outcome.strip_prefix(head));
    match inner.and_then(|inner| inner.strip_suffix(')')).filter(|inner| !inner.contains('(')) {
        Some(name) => name.to_owned(),
        None => outcome.to_owned(),
    }
}
