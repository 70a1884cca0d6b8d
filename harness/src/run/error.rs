//! Why a step could not do its work.

/// Why a step could not do its work. Ours to answer for, never a verdict about the product.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct StepError(pub(super) String);

impl StepError {
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        Self(super::recorder::chain(error))
    }
}
