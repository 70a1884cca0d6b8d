//! Certificates: reads issued ones, and makes flawed ones that must be refused.
//!
//! The only module that knows X.509. Private keys made here stay in memory and go to a probe's standard input; they are
//! never written, logged or shown.

mod authority;
mod der;
mod exposure;
mod facts;
pub mod forge;
mod issuing;
mod pem;
mod profile;
mod rogue;
mod validate;

pub use authority::{Authority, LEAF_LIFETIME, Leaf};
pub use exposure::Exposure;
pub use facts::{certificate_facts, chain_facts};
pub use issuing::{IssuingCa, IssuingError, request_for_ca};
pub use pem::{PemError, certificates, pem_blocks};
pub use rogue::{Material, MintError, RogueRoot, request_for};
pub use validate::{Purpose, key_matches, validate};
