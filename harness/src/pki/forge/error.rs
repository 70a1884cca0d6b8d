//! Why a flawed certificate cannot be made.

use super::der::DerError;

#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    #[error("edit a certificate")]
    Der(#[from] DerError),
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("a sound certificate does not have the parts that are to be edited")]
    Shape,
    #[error("make a certificate")]
    Rcgen(#[from] rcgen::Error),
    #[error("{0} s since 1970 is no time for a certificate")]
    Time(i64),
    #[cfg(feature = "legacy")]
    #[error("make what only older cryptography makes")]
    Legacy(#[from] openssl::error::ErrorStack),
}
