//! An issuing CA of a trusted hierarchy whose key the harness holds.
//!
//! If the harness owns the hierarchy, it is the intermediate itself; otherwise it is an ephemeral CA that the owner
//! signed. The forge works with either.

use rcgen::{Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::CertificateDer;

use super::{
    pem::{PemError, certificates, pem},
    profile,
    rogue::MintError,
};

/// A CA that signs trusted leaves.
pub struct IssuingCa {
    /// The trust anchor, DER.
    root: Vec<u8>,
    /// From the issuing certificate to the last one below the anchor, DER.
    chain: Vec<Vec<u8>>,
    key: KeyPair,
}

/// Why a CA cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuingError {
    #[error("the {what} is not usable")]
    Pem {
        what: &'static str,
        #[source]
        source: PemError,
    },
    #[error("the issuing key does not belong to the first certificate of its chain")]
    OtherKey,
    #[error(transparent)]
    Mint(#[from] MintError),
}

impl IssuingCa {
    /// `chain` begins with the issuing certificate; anchors in it are left out.
    ///
    /// # Errors
    ///
    /// When an input is not PEM, or the key does not belong to the first certificate.
    pub fn new(root: &str, chain: &str, key: &str) -> Result<Self, IssuingError> {
        let read =
            |what, text: &str| certificates(text.as_bytes()).map_err(|source| IssuingError::Pem { what, source });
        let root = read("trust anchor", root)?.swap_remove(0);
        let chain: Vec<Vec<u8>> =
            read("issuing chain", chain)?.into_iter().filter(|certificate| *certificate != root).collect();
        let owns = |certificate: &Vec<u8>| super::key_matches(certificate, key) == Ok(true);
        if !chain.first().is_some_and(owns) {
            return Err(IssuingError::OtherKey);
        }
        let key = KeyPair::from_pem(key).map_err(MintError::from)?;
        Ok(Self { root, chain, key })
    }

    /// The trust anchor, PEM.
    pub fn root_pem(&self) -> String {
        pem(&self.root)
    }

    pub(super) fn root(&self) -> &[u8] {
        &self.root
    }

    pub(super) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    pub(super) fn issuer(&self) -> Result<Issuer<'static, KeyPair>, rcgen::Error> {
        // `new` has checked that the chain is not empty.
        let own = self.chain.first().map_or(&[][..], Vec::as_slice);
        Issuer::from_ca_cert_der(&CertificateDer::from(own), KeyPair::try_from(self.key.serialized_der())?)
    }
}

/// A request for a CA certificate for the harness (PKCS#10, RFC 2986): PEM request and PEM key.
///
/// # Errors
///
/// When the key cannot be generated.
pub fn request_for_ca(common_name: &str) -> Result<(String, String), MintError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let parameters = profile::ca(common_name);
    let request = parameters.serialize_request(&key)?;
    Ok((request.pem()?, key.serialize_pem()))
}

impl std::fmt::Debug for IssuingCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuingCa").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl IssuingCa {
    /// A CA below this one, like one that the owner of a hierarchy signs for the harness.
    pub(super) fn sub_ca(&self) -> Result<Self, MintError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let parameters = profile::ca("corpus issuing");
        let own = parameters.signed_by(&key, &self.issuer()?)?.der().to_vec();
        Ok(Self { root: self.root.clone(), chain: [vec![own], self.chain.clone()].concat(), key })
    }
}
