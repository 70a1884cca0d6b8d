//! Grids of several runs beside each other.

use super::grid::{CaseGrid, CaseRow};

/// Joins grids of the same case file: the columns of every run in turn, named after target and run. Rows are those of the
/// first run, followed by what only later ones have.
pub fn beside(runs: &[(String, Vec<CaseGrid>)]) -> Vec<CaseGrid> {
    let mut joined: Vec<CaseGrid> = Vec::new();
    for (run, grids) in runs {
        for grid in grids {
            let known = joined.iter().position(|other| other.scenario == grid.scenario && other.name == grid.name);
            let index = known.unwrap_or_else(|| {
                joined.push(CaseGrid { columns: Vec::new(), rows: Vec::new(), ..grid.clone() });
                joined.len() - 1
            });
            add(&mut joined[index], run, grid);
        }
    }
    joined
}

fn add(into: &mut CaseGrid, run: &str, grid: &CaseGrid) {
    let before = into.columns.len();
    for column in &grid.columns {
        let mut column = column.clone();
        column.name = format!("{} · {run}", column.name);
        into.columns.push(column);
    }
    for row in &mut into.rows {
        row.cells.resize(into.columns.len(), None);
    }
    for row in &grid.rows {
        let index = into.rows.iter().position(|known| known.case == row.case).unwrap_or_else(|| {
            into.rows.push(CaseRow { cells: vec![None; into.columns.len()], ..row.clone() });
            into.rows.len() - 1
        });
        for (offset, cell) in row.cells.iter().enumerate() {
            into.rows[index].cells[before + offset].clone_from(cell);
        }
    }
}
