//! Certificate cases as a grid: rows are cases, columns are targets, of one run or of several.
//!
//! Every format shows a [`CaseGrid`]; [`beside`] joins the grids of several reports, [`markdown`] writes one.

mod grid;
mod join;
mod markdown;

pub(super) use grid::{CaseCell, CaseRow};
pub use grid::{CaseGrid, case_grids};
pub use join::beside;
pub use markdown::{case_line, case_markdown};
