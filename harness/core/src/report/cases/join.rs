//! Joins the grids of several runs.

use super::grid::{CaseGrid, CaseRow};

/// Joins grids of the same case file: the columns of every run in turn, named after target and run. Rows are those of
/// the first run, followed by those that only later runs have.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        evidence::plan::PlannedCase,
        report::cases::grid::{CaseCell, CaseColumn},
        verdict::Verdict,
    };

    fn grid(column: &str, rows: &[(&str, &str)]) -> CaseGrid {
        let cell = |observed: &str| CaseCell {
            verdict: Verdict::Pass,
            expected: "refuse".to_owned(),
            observed: observed.to_owned(),
            handshakes: 20,
            reason: String::new(),
        };
        let about = PlannedCase {
            group: "time".to_owned(),
            standard: "RFC 5280".to_owned(),
            level: "must".to_owned(),
            severity: "critical".to_owned(),
            ideal: "accept".to_owned(),
        };
        let column = CaseColumn { name: column.to_owned(), cases: 1, handshakes: 20, findings: 0, took_ms: None };
        let row = |(case, observed): &(&str, &str)| CaseRow {
            case: (*case).to_owned(),
            says: String::new(),
            about: about.clone(),
            begins_group: false,
            cells: vec![Some(cell(observed))],
        };
        CaseGrid {
            scenario: "tls/a".to_owned(),
            title: String::new(),
            name: "run".to_owned(),
            columns: vec![column],
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn every_run_keeps_its_columns_and_gaps() {
        let loopback = ("loopback 1".to_owned(), vec![grid("rustls", &[("expired", "a"), ("new", "b")])]);
        let kind = ("kind 2".to_owned(), vec![grid("sidecar", &[("expired", "c"), ("old", "d")])]);
        let joined = beside(&[loopback, kind]).swap_remove(0);
        let names: Vec<&str> = joined.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["rustls · loopback 1", "sidecar · kind 2"]);
        let seen = |row: &CaseRow| {
            let cells = row.cells.iter().map(|cell| cell.as_ref().map_or("-", |cell| cell.observed.as_str()));
            format!("{} {}", row.case, cells.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(joined.rows.iter().map(seen).collect::<Vec<_>>(), ["expired a c", "new b -", "old - d"]);
    }
}
