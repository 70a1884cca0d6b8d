//! The error of a step.

/// Why a step failed: an error of the harness or of the world, never a verdict about the product.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct StepError(pub(super) String);

impl StepError {
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        Self(super::recorder::chain(error))
    }
}
