//! Case files: certificates with one flaw each, and what every kind of target must make of them.
//!
//! [`load`] reads `scenarios/cases/<name>.yaml` into a [`CaseFile`] whose flaws exist, whose controls are let in and whose
//! deviations from the standard are explained. Nothing here makes a certificate or judges an answer.

mod check;
mod load;
mod model;
mod raw;

pub use load::{FOLDER, load, load_all};
pub use model::{Case, CaseFile, Deviation, Expect, Ideal, Level, Severity, Standard, TargetKind};
