//! Why a flawed certificate cannot be made.

use super::der::DerError;

/// Why a chain cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    #[error("edit a certificate")]
    Der(#[from] DerError),
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("the certificate lacks a part that the flaw edits")]
    Shape,
    #[error("make a certificate")]
    Rcgen(#[from] rcgen::Error),
    #[error("{0} s since 1970 is no time for a certificate")]
    Time(i64),
    #[cfg(feature = "legacy")]
    #[error("make a legacy key or signature")]
    Legacy(#[from] openssl::error::ErrorStack),
}
