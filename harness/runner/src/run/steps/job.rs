//! A job as the line that a program reads.

use serde::Serialize;

use crate::run::error::StepError;

/// One line of JSON, with its end.
///
/// # Errors
///
/// When a job cannot be written as JSON, which none of the protocol's can fail at.
pub(super) fn line(job: &impl Serialize) -> Result<Vec<u8>, StepError> {
    let mut line = serde_json::to_vec(job).map_err(|error| StepError::of(&error))?;
    line.push(b'\n');
    Ok(line)
}

/// The same as text, without its end.
pub(super) fn text(job: &impl Serialize) -> Result<String, StepError> {
    serde_json::to_string(job).map_err(|error| StepError::of(&error))
}
