//! Handshake grids: rows are callers, columns are ports.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{Report, format},
    verdict::{CheckVerdict, Verdict},
};

#[derive(Debug, Serialize)]
pub(super) struct Grid {
    pub scenario: String,
    pub title: String,
    pub name: String,
    pub columns: Vec<String>,
    pub rows: Vec<GridRow>,
    pub legend: Vec<LegendWord>,
}

#[derive(Debug, Serialize)]
pub(super) struct GridRow {
    pub name: String,
    /// One per column; `None` where the grid has no check.
    pub cells: Vec<Option<GridCell>>,
    /// The worst verdict of its cells, for the filter of the page.
    #[serde(skip)]
    pub worst: Option<Verdict>,
}

#[derive(Debug, Serialize)]
pub(super) struct GridCell {
    pub badge: Badge,
    pub expected: String,
    pub observed: String,
    pub attempts: usize,
    pub reason: String,
}

/// The demand of a word of the author's legend.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct LegendWord {
    pub word: String,
    pub demands: String,
}

pub(super) fn grids(report: &Report) -> Vec<Grid> {
    let mut grids: Vec<Grid> = Vec::new();
    for check in &report.checks {
        // Certificate cases have their own grid.
        let Some(cell) = check.cell.as_ref().filter(|_| check.case.is_none()) else { continue };
        let known = grids.iter().position(|grid| grid.scenario == check.scenario && grid.name == cell.grid);
        let index = known.unwrap_or_else(|| {
            grids.push(empty(report, check, &cell.grid));
            grids.len() - 1
        });
        place(&mut grids[index], check, cell);
    }
    grids
}

fn empty(report: &Report, check: &CheckVerdict, name: &str) -> Grid {
    let scenario = report.scenarios.iter().find(|scenario| scenario.id == check.scenario);
    Grid {
        scenario: check.scenario.clone(),
        title: scenario.map(|scenario| scenario.title.clone()).unwrap_or_default(),
        name: name.to_owned(),
        columns: Vec::new(),
        rows: Vec::new(),
        legend: Vec::new(),
    }
}

fn place(grid: &mut Grid, check: &CheckVerdict, cell: &crate::evidence::plan::Cell) {
    let column = grid.columns.iter().position(|column| *column == cell.column).unwrap_or_else(|| {
        grid.columns.push(cell.column.clone());
        grid.rows.iter_mut().for_each(|row| row.cells.push(None));
        grid.columns.len() - 1
    });
    let row = grid.rows.iter().position(|row| row.name == cell.row).unwrap_or_else(|| {
        let cells = grid.columns.iter().map(|_| None).collect();
        grid.rows.push(GridRow { name: cell.row.clone(), cells, worst: None });
        grid.rows.len() - 1
    });
    let word = LegendWord { word: cell.legend.clone(), demands: format::clipped(&check.expected, LONG) };
    if !grid.legend.contains(&word) {
        grid.legend.push(word);
    }
    let row = &mut grid.rows[row];
    row.worst = row.worst.max(Some(check.verdict));
    row.cells[column] = Some(GridCell {
        badge: check.verdict.into(),
        expected: cell.legend.clone(),
        observed: observed(check),
        attempts: check.samples,
        reason: format::clipped(&check.reason, LONG),
    });
}

/// The outcomes of all attempts: `reset` when they agree, `reset ×4, established ×1` when they do not.
fn observed(check: &CheckVerdict) -> String {
    match check.outcomes.len() {
        0 if check.samples == 0 => "not observed".to_owned(),
        0 => format::clipped(&check.observed, LONG),
        1 => check.outcomes.keys().map(|outcome| format::clipped(outcome, LONG)).collect(),
        _ => format::clipped(&format::outcomes(&check.outcomes), LONG),
    }
}

/// Maximum number of letters of a text.
const LONG: usize = 240;
