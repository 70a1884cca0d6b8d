//! Certificate cases as an HTML table: in the report, and on a page with the grids of several runs.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{
        CaseGrid, RenderError, case_line,
        cases::{CaseCell, CaseRow},
        groups::essence,
    },
    verdict::Verdict,
};

/// A case grid with all its texts.
#[derive(Debug, Serialize)]
pub(super) struct CaseTable {
    pub scenario: String,
    pub title: String,
    pub line: String,
    pub columns: Vec<String>,
    pub groups: Vec<CaseGroup>,
    pub findings: Vec<Explained>,
}

#[derive(Debug, Serialize)]
pub(super) struct CaseGroup {
    pub name: String,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub case: String,
    pub says: String,
    /// `RFC 5280 §6.1.3, must, critical`.
    pub demanded: String,
    pub ideal: String,
    pub cells: Vec<Option<Cell>>,
    /// The worst verdict of its cells, for the filter of the page.
    #[serde(skip)]
    pub worst: Option<Verdict>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub badge: Badge,
    pub observed: String,
    pub reason: String,
}

/// The recorded reason why a target does the opposite of the standard.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    pub case: String,
    pub reason: String,
}

/// The grids of several runs, on a page of their own.
#[derive(Debug, askama::Template)]
#[template(path = "corpus.html")]
pub struct CasesPage {
    cases: Vec<CaseTable>,
}

impl CasesPage {
    pub fn of(grids: &[CaseGrid]) -> Self {
        Self { cases: case_tables(grids) }
    }

    /// The page as text.
    ///
    /// # Errors
    ///
    /// When the template cannot be rendered.
    pub fn text(&self) -> Result<String, RenderError> {
        Ok(askama::Template::render(self)?)
    }
}

pub(super) fn case_tables(grids: &[CaseGrid]) -> Vec<CaseTable> {
    grids.iter().map(table).collect()
}

fn table(grid: &CaseGrid) -> CaseTable {
    let mut groups: Vec<CaseGroup> = Vec::new();
    for row in &grid.rows {
        let known = groups.iter().position(|group| group.name == row.about.group);
        let index = known.unwrap_or_else(|| {
            groups.push(CaseGroup { name: row.about.group.clone(), rows: Vec::new() });
            groups.len() - 1
        });
        groups[index].rows.push(worded(row));
    }
    let explained = |row: &CaseRow| Some(Explained { case: row.case.clone(), reason: essence(row.finding()?) });
    CaseTable {
        scenario: grid.scenario.clone(),
        title: grid.title.clone(),
        line: case_line(grid),
        columns: grid.columns.iter().map(|column| column.name.clone()).collect(),
        groups,
        findings: grid.rows.iter().filter_map(explained).collect(),
    }
}

fn worded(row: &CaseRow) -> Row {
    Row {
        case: row.case.clone(),
        says: row.says.clone(),
        demanded: format!("{}, {}, {}", row.about.standard, row.about.level, row.about.severity),
        ideal: row.about.ideal.clone(),
        cells: row.cells.iter().map(|cell| cell.as_ref().map(cell_of)).collect(),
        worst: row.cells.iter().flatten().map(|cell| cell.verdict).max(),
    }
}

fn cell_of(cell: &CaseCell) -> Cell {
    Cell { badge: cell.verdict.into(), observed: cell.observed.clone(), reason: cell.reason.clone() }
}
