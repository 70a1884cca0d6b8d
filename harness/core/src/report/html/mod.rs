//! `report.html`: one file for a release manager, readable without a network, without scripts and on paper.
//!
//! [`Page`] holds all texts of the template; snapshots compare it instead of markup.

mod badge;
mod cases;
mod detection;
mod documented_commands;
mod facts;
mod failures;
mod grid;
mod ledgers;
mod matrix;
mod page;

use std::io::Write;

use askama::Template as _;

pub use cases::CasesPage;
pub use page::Page;

use super::{RenderError, Report};

/// Writes the report as one HTML file.
///
/// # Errors
/// When the writer fails.
pub fn html(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    let page = Page::of(report);
    writer.write_all(page.render()?.as_bytes())?;
    Ok(())
}
