//! Case grids in Markdown: for `summary.md`, and for a terminal.

use std::io::Write;

use super::grid::{CaseCell, CaseGrid};
use crate::{
    report::words::{count, symbol},
    verdict::Verdict,
};

/// What one grid comes to, in a line.
pub fn case_line(grid: &CaseGrid) -> String {
    let mut line = format!(
        "{}: {} at {}, {} judged",
        grid.scenario,
        count(grid.rows.len(), "case"),
        count(grid.columns.len(), "target"),
        count(grid.handshakes(), "handshake"),
    );
    if let (Some(handshakes), Some(cases)) = (grid.handshakes_per_second(), grid.cases_per_second()) {
        let cases = count(usize::try_from(cases).unwrap_or(usize::MAX), "case");
        line = format!("{line} ({handshakes} per second, {cases} per second)");
    }
    let deviations: Vec<String> = grid
        .columns
        .iter()
        .filter(|column| column.deviations > 0)
        .map(|column| format!("{} at {}", column.deviations, column.name))
        .collect();
    if !deviations.is_empty() {
        line = format!("{line}; deviations from the standard: {}", deviations.join(", "));
    }
    line
}

/// The grid as a table, with its deviations explained below.
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
    deviations(grid, out)
}

/// What was seen; the verdict where it is not a plain pass.
fn shown(cell: &CaseCell) -> String {
    let observed = match cell.verdict {
        Verdict::NotApplicable => "not applicable".to_owned(),
        _ => short(&cell.observed).replace('|', "\\|"),
    };
    match (cell.verdict, &cell.deviation) {
        (Verdict::Pass, None) => observed,
        (Verdict::Pass, Some(_)) => format!("{observed} †"),
        (Verdict::NotApplicable, _) => format!("{} {observed}", symbol(cell.verdict)),
        (verdict, _) => format!("**{} {}** {observed}, expected {}", symbol(verdict), verdict.word(), cell.expected),
    }
}

fn deviations(grid: &CaseGrid, out: &mut dyn Write) -> std::io::Result<()> {
    let explained = |row: &super::CaseRow| row.cells.iter().flatten().find_map(|cell| cell.deviation.clone());
    let rows: Vec<_> = grid.rows.iter().filter_map(|row| Some((row, explained(row)?))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n† does the opposite of what the standard says; expected, and not conformance:\n")?;
    for (row, reason) in rows {
        writeln!(out, "- {} ({}, {}): {reason}", row.case, row.about.standard, row.about.severity)?;
    }
    Ok(())
}

/// An alert by its name alone: columns are narrow.
fn short(outcome: &str) -> String {
    let inner = ["tls-alert(", "client-rejected-server("].iter().find_map(|head| outcome.strip_prefix(head));
    match inner.and_then(|inner| inner.strip_suffix(')')).filter(|inner| !inner.contains('(')) {
        Some(name) => name.to_owned(),
        None => outcome.to_owned(),
    }
}
