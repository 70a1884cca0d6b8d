//! Legacy cryptography: SHA-1 signatures and RSA keys. Made by OpenSSL, in builds with the feature `legacy`.

#[cfg(not(feature = "legacy"))]
use {
    super::{
        error::ForgeError,
        presented::{Issuers, Presented},
    },
    rcgen::CertificateParams,
};

/// A legacy key or signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legacy {
    EcdsaSha1,
    Rsa1024,
    Rsa2048,
}

impl Legacy {
    /// Why this build cannot make or present it, if so.
    pub(super) fn lacking(self) -> Option<&'static str> {
        match self {
            Self::Rsa1024 => Some(
                "needs a client that signs with a 1024-bit key; the reference client's cryptography refuses to load one",
            ),
            Self::EcdsaSha1 | Self::Rsa2048 if cfg!(feature = "legacy") => None,
            Self::EcdsaSha1 | Self::Rsa2048 => Some("needs the feature `legacy`, which this harness was built without"),
        }
    }
}

#[cfg(not(feature = "legacy"))]
pub(super) fn present(what: Legacy, _: &CertificateParams, _: &Issuers) -> Result<Presented, ForgeError> {
    Err(ForgeError::Unsupported(what.lacking().unwrap_or_default()))
}

#[cfg(feature = "legacy")]
pub(super) use with_openssl::present;

#[cfg(feature = "legacy")]
mod with_openssl {
    use openssl::{ecdsa::EcdsaSig, hash::MessageDigest, pkey::PKey, rsa::Rsa};
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, SubjectPublicKeyInfo};

    use super::{
        super::{
            der::Node,
            document::Document,
            error::ForgeError,
            presented::{Issuers, Presented},
        },
        Legacy,
    };

    /// Makes the leaf and its chain.
    pub(in super::super) fn present(
        what: Legacy,
        leaf: &CertificateParams,
        issuers: &Issuers,
    ) -> Result<Presented, ForgeError> {
        let (leaf, key_pkcs8) = match what {
            Legacy::EcdsaSha1 => sha1(leaf, issuers)?,
            Legacy::Rsa1024 => rsa(1024, leaf, issuers)?,
            Legacy::Rsa2048 => rsa(2048, leaf, issuers)?,
        };
        Ok(Presented { chain: [vec![leaf], issuers.chain.clone()].concat(), key_pkcs8 })
    }

    fn rsa(bits: u32, leaf: &CertificateParams, issuers: &Issuers) -> Result<(Vec<u8>, Vec<u8>), ForgeError> {
        let key = PKey::from_rsa(Rsa::generate(bits)?)?;
        let public = SubjectPublicKeyInfo::from_der(&key.public_key_to_der()?)?;
        let certificate = leaf.signed_by(&public, &issuers.nearest)?;
        Ok((certificate.der().to_vec(), key.private_key_to_pkcs8()?))
    }

    /// Signs with SHA-1 and sets both algorithm fields to it.
    fn sha1(leaf: &CertificateParams, issuers: &Issuers) -> Result<(Vec<u8>, Vec<u8>), ForgeError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut document = Document::parse(leaf.signed_by(&key, &issuers.nearest)?.der())?;
        document.set_algorithm(&Node::algorithm(ECDSA_WITH_SHA1));
        let issuing = PKey::private_key_from_der(issuers.nearest.key().serialized_der())?.ec_key()?;
        let digest = openssl::hash::hash(MessageDigest::sha1(), &document.message())?;
        let signature = EcdsaSig::sign(&digest, &issuing)?;
        document.set_signature(&signature.to_der()?);
        Ok((document.encode(), key.serialize_der()))
    }

    /// 1.2.840.10045.4.1
    const ECDSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
}
