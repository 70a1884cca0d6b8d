//! Certificates with exactly one flaw.
//!
//! In: a CA that is trusted, for whom the certificate is, and a flaw by name. Out: the bytes to present, leaf first, and the key.
//! A flaw is a value that changes a sound [`recipe`]; what rcgen cannot express is changed in the [`der`] tree and signed
//! again. Whether anybody refuses the result is not decided here.

mod der;
mod document;
mod error;
mod flaws;
mod legacy;
mod make;
mod presented;
mod recipe;
#[cfg(test)]
mod selfcheck;

pub use der::DerError;
pub use error::ForgeError;
pub use flaws::{Flaw, flaw, flaws};
pub use make::forge;
pub use presented::Presented;
pub use recipe::{Side, Subject};
