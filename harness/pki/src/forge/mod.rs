//! Certificates with exactly one flaw.
//!
//! Input: a trusted CA, the subject of the certificate, and a flaw by name. Output: the chain to present, leaf first,
//! and the key. A flaw is a value that changes a valid [`recipe`]; changes that rcgen cannot express are made in the
//! DER tree, which is signed again. The forge does not decide which verifier must refuse the result.

mod document;
mod error;
mod flaws;
mod legacy;
mod make;
mod presented;
mod recipe;
#[cfg(test)]
mod selfcheck;

use crate::der;
pub use crate::der::DerError;
pub use error::ForgeError;
pub use flaws::{Flaw, flaw, flaws};
pub use make::forge;
pub use presented::Presented;
pub use recipe::{Side, Subject};
