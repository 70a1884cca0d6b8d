//! The grid of one case file in one run.

use serde::Serialize;

use crate::{
    evidence::plan::PlannedCase,
    report::{Report, format},
    verdict::{CheckVerdict, Verdict},
};

/// One case file, presented to targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseGrid {
    pub scenario: String,
    pub title: String,
    /// Id of the step.
    pub name: String,
    pub columns: Vec<CaseColumn>,
    /// In the order of the file, groups together.
    pub rows: Vec<CaseRow>,
}

/// A target, with the number of its handshakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseColumn {
    pub name: String,
    pub cases: usize,
    /// Number of judged handshakes.
    pub handshakes: usize,
    /// Number of cases in which the target did the opposite of the standard, as recorded.
    pub findings: usize,
    /// Duration of the step in milliseconds, for all targets together.
    pub took_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    pub case: String,
    pub says: String,
    pub about: PlannedCase,
    /// Whether the group differs from the row above.
    pub begins_group: bool,
    /// One per column; `None` where nothing was planned.
    pub cells: Vec<Option<CaseCell>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseCell {
    pub verdict: Verdict,
    /// `accept` or `refuse`.
    pub expected: String,
    /// The outcomes, or why there are none.
    pub observed: String,
    pub handshakes: usize,
    pub reason: String,
}

/// The case grids of a report, in the order of the plan.
pub fn case_grids(report: &Report) -> Vec<CaseGrid> {
    let mut grids: Vec<CaseGrid> = Vec::new();
    for check in &report.checks {
        let (Some(cell), Some(about)) = (&check.cell, &check.case) else { continue };
        let known = grids.iter().position(|grid| grid.scenario == check.scenario && grid.name == cell.grid);
        let index = known.unwrap_or_else(|| {
            grids.push(empty(report, check, &cell.grid));
            grids.len() - 1
        });
        let grid = &mut grids[index];
        let column = column(grid, report, check, &cell.column);
        let row = row(grid, check, about, &cell.row);
        grid.columns[column].cases += 1;
        grid.columns[column].handshakes += check.samples;
        grid.columns[column].findings += usize::from(check.verdict == Verdict::Finding);
        grid.rows[row].cells[column] = Some(shown(check, &cell.legend));
    }
    grids
}

fn empty(report: &Report, check: &CheckVerdict, name: &str) -> CaseGrid {
    let scenario = report.scenarios.iter().find(|scenario| scenario.id == check.scenario);
    CaseGrid {
        scenario: check.scenario.clone(),
        title: scenario.map(|scenario| scenario.title.clone()).unwrap_or_default(),
        name: name.to_owned(),
        columns: Vec::new(),
        rows: Vec::new(),
    }
}

fn column(grid: &mut CaseGrid, report: &Report, check: &CheckVerdict, name: &str) -> usize {
    grid.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
        let scenario = report.scenarios.iter().find(|scenario| scenario.id == check.scenario);
        let step = scenario.and_then(|scenario| scenario.steps.iter().find(|step| step.step == check.step));
        let took_ms = step.map(|step| step.took_ms);
        grid.columns.push(CaseColumn { name: name.to_owned(), cases: 0, handshakes: 0, findings: 0, took_ms });
        grid.rows.iter_mut().for_each(|row| row.cells.push(None));
        grid.columns.len() - 1
    })
}

fn row(grid: &mut CaseGrid, check: &CheckVerdict, about: &PlannedCase, name: &str) -> usize {
    grid.rows.iter().position(|row| row.case == name).unwrap_or_else(|| {
        grid.rows.push(CaseRow {
            case: name.to_owned(),
            says: check.says.clone(),
            about: about.clone(),
            begins_group: grid.rows.last().is_none_or(|above| above.about.group != about.group),
            cells: grid.columns.iter().map(|_| None).collect(),
        });
        grid.rows.len() - 1
    })
}

fn shown(check: &CheckVerdict, expected: &str) -> CaseCell {
    let observed = match check.outcomes.len() {
        0 => check.reason.clone(),
        1 => check.outcomes.keys().cloned().collect(),
        _ => format::outcomes(&check.outcomes),
    };
    CaseCell {
        verdict: check.verdict,
        expected: expected.to_owned(),
        observed,
        handshakes: check.samples,
        reason: check.reason.clone(),
    }
}

impl CaseRow {
    /// Why a target does the opposite of the standard, when one does.
    pub fn finding(&self) -> Option<&str> {
        let found = self.cells.iter().flatten().find(|cell| cell.verdict == Verdict::Finding)?;
        Some(&found.reason)
    }
}

impl CaseGrid {
    /// Number of judged handshakes of all targets.
    pub fn handshakes(&self) -> usize {
        self.columns.iter().map(|column| column.handshakes).sum()
    }

    /// Judged handshakes per second of the step; `None` when its duration is unknown.
    pub fn handshakes_per_second(&self) -> Option<u64> {
        self.per_second(self.handshakes())
    }

    /// Cases per second of the step, each at one target with its repetitions and its share of the controls.
    pub fn cases_per_second(&self) -> Option<u64> {
        self.per_second(self.columns.iter().filter(|column| column.handshakes > 0).map(|column| column.cases).sum())
    }

    /// Number of cells that are not green.
    pub fn not_green(&self) -> usize {
        self.rows.iter().flat_map(|row| row.cells.iter().flatten()).filter(|cell| !cell.verdict.is_green()).count()
    }

    fn per_second(&self, count: usize) -> Option<u64> {
        let took = self.columns.first()?.took_ms.filter(|took| *took > 0)?;
        let count = u64::try_from(count).ok()?;
        Some((count * 1000).div_ceil(took))
    }
}
