//! The chain and key that a peer presents, and the issuers of a leaf.

use rcgen::{Issuer, KeyPair};

/// The chain and key that a peer presents.
#[derive(Clone)]
pub struct Presented {
    /// Chain entries as they are sent, leaf first; an entry need not be a valid certificate.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8 (RFC 5958), DER: hand it to a probe, never to a file.
    pub key_pkcs8: Vec<u8>,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<usize> = self.chain.iter().map(Vec::len).collect();
        f.debug_struct("Presented").field("chain", &sizes).finish_non_exhaustive()
    }
}

/// The issuer of the leaf, and the certificates from it to the anchor.
pub(super) struct Issuers {
    pub(super) nearest: Issuer<'static, KeyPair>,
    pub(super) chain: Vec<Vec<u8>>,
}
