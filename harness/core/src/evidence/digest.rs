//! Digests of bytes, as the record spells them.

use sha2::{Digest as _, Sha256};

/// SHA-256 in lower-case hex, 64 characters.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
