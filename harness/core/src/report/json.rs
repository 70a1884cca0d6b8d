//! `report.json`, for programs.

use std::io::Write;

use super::{RenderError, Report};

/// Writes the report as JSON, pretty and with a final line break.
///
/// # Errors
/// When the writer fails.
pub fn json(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    serde_json::to_writer_pretty(&mut *writer, report)?;
    writer.write_all(b"\n")?;
    Ok(())
}
