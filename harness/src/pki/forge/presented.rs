//! What a peer shows, and who signed it.

use rcgen::{Issuer, KeyPair};

/// What a peer shows.
#[derive(Clone)]
pub struct Presented {
    /// Certificate entries as they are sent, leaf first; not all of them need be certificates.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8, DER: hand it to a probe, never to a file.
    pub key_pkcs8: Vec<u8>,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<usize> = self.chain.iter().map(Vec::len).collect();
        f.debug_struct("Presented").field("chain", &sizes).finish_non_exhaustive()
    }
}

/// Who signs the leaf, and the certificates that lead to the anchor.
pub(super) struct Issuers {
    pub(super) nearest: Issuer<'static, KeyPair>,
    pub(super) chain: Vec<Vec<u8>>,
}
