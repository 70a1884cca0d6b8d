//! Path validation with one anchor and nothing else, by rustls-webpki (RFC 5280 section 6).

use std::time::Duration;

use rcgen::KeyPair;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{certificate::X509Certificate, pem::Pem, prelude::FromDer};

/// The purpose for which the leaf must be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    ClientAuth,
    ServerAuth,
}

/// Validates `chain` (leaf first) with `anchors` as the only roots at `now` (seconds since 1970).
///
/// # Errors
///
/// The verifier's reason by its name, such as `UnknownIssuer`.
pub fn validate(chain: &[Vec<u8>], anchors: &[Vec<u8>], purpose: Purpose, now: i64) -> Result<(), String> {
    let ders: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let roots: Vec<CertificateDer<'_>> = anchors.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let roots =
        roots.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>().map_err(|error| name_of(&error))?;
    let (leaf, intermediates) = ders.split_first().ok_or_else(|| "empty chain".to_owned())?;
    let leaf = EndEntityCert::try_from(leaf).map_err(|error| name_of(&error))?;
    let usage = match purpose {
        Purpose::ClientAuth => KeyUsage::client_auth(),
        Purpose::ServerAuth => KeyUsage::server_auth(),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &roots, intermediates, now, usage, None, None)
        .map(|_| ())
        .map_err(|error| name_of(&error))
}

/// The verifier's reasons as facts and scenarios spell them. The library names them only in its debug output, which is
/// not stable.
fn name_of(error: &webpki::Error) -> String {
    use webpki::Error;
    let name = match error {
        Error::BadDer => "BadDer",
        Error::BadDerTime => "BadDerTime",
        Error::CaUsedAsEndEntity => "CaUsedAsEndEntity",
        Error::CertExpired { .. } => "CertExpired",
        Error::CertNotValidForName(_) => "CertNotValidForName",
        Error::CertNotValidYet { .. } => "CertNotValidYet",
        Error::EmptyEkuExtension => "EmptyEkuExtension",
        Error::EndEntityUsedAsCa => "EndEntityUsedAsCa",
        Error::ExtensionValueInvalid => "ExtensionValueInvalid",
        Error::InvalidCertValidity => "InvalidCertValidity",
        Error::InvalidNetworkMaskConstraint => "InvalidNetworkMaskConstraint",
        Error::InvalidSerialNumber => "InvalidSerialNumber",
        Error::InvalidSignatureForPublicKey => "InvalidSignatureForPublicKey",
        Error::MalformedExtensions => "MalformedExtensions",
        Error::MalformedNameConstraint => "MalformedNameConstraint",
        Error::MaximumNameConstraintComparisonsExceeded => "MaximumNameConstraintComparisonsExceeded",
        Error::MaximumPathBuildCallsExceeded => "MaximumPathBuildCallsExceeded",
        Error::MaximumPathDepthExceeded => "MaximumPathDepthExceeded",
        Error::MaximumSignatureChecksExceeded => "MaximumSignatureChecksExceeded",
        Error::NameConstraintViolation => "NameConstraintViolation",
        Error::PathLenConstraintViolated => "PathLenConstraintViolated",
        Error::RequiredEkuNotFoundContext(_) => "RequiredEkuNotFound",
        Error::SignatureAlgorithmMismatch => "SignatureAlgorithmMismatch",
        Error::TrailingData(_) => "TrailingData",
        Error::UnknownIssuer => "UnknownIssuer",
        Error::UnsupportedCertVersion => "UnsupportedCertVersion",
        Error::UnsupportedCriticalExtension => "UnsupportedCriticalExtension",
        Error::UnsupportedNameType => "UnsupportedNameType",
        Error::UnsupportedSignatureAlgorithmContext(_) => "UnsupportedSignatureAlgorithm",
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => "UnsupportedSignatureAlgorithmForPublicKey",
        // Reasons about revocation lists, which are not used here, and reasons that the library may gain.
        _ => "Other",
    };
    name.to_owned()
}

/// Whether a PEM private key belongs to a certificate. The key is dropped after the comparison.
///
/// # Errors
///
/// When either cannot be read.
pub fn key_matches(leaf: &[u8], key_pem: &str) -> Result<bool, String> {
    let key = key_pair(key_pem).ok_or_else(|| "private keys of this kind cannot be compared".to_owned())?;
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|error| error.to_string())?;
    Ok(rcgen::PublicKeyData::subject_public_key_info(&key) == certificate.public_key().raw)
}

/// PKCS#8 as it is; SEC 1 (RFC 5915, what cert-manager writes for ECDSA) wrapped into PKCS#8 first.
fn key_pair(pem: &str) -> Option<KeyPair> {
    let block = Pem::iter_from_buffer(pem.as_bytes()).find_map(Result::ok)?;
    match block.label.as_str() {
        "EC PRIVATE KEY" => {
            let curve = if block.contents.len() > 150 { SECP384R1 } else { PRIME256V1 };
            let wrapped = sequence(&[&[0x02, 0x01, 0x00], curve, &tagged(0x04, &block.contents)].concat());
            KeyPair::try_from(wrapped.as_slice()).ok()
        }
        _ => KeyPair::from_pem(pem).ok(),
    }
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

/// A DER element shorter than 64 KiB.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match content.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

/// `AlgorithmIdentifier`s of RFC 5480: ecPublicKey with the curve's OID.
const PRIME256V1: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07,
];
const SECP384R1: &[u8] =
    &[0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RogueRoot, certificates};

    #[test]
    fn a_chain_is_valid_under_its_own_root_only() {
        let (ours, other) = (RogueRoot::new("ours").unwrap(), RogueRoot::new("other").unwrap());
        let material = ours.client("spiffe://x/ns/a/sa/b").unwrap();
        let chain = certificates(material.chain.as_bytes()).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let anchor = |root: &RogueRoot| certificates(root.pem().as_bytes()).unwrap();
        assert_eq!(validate(&chain, &anchor(&ours), Purpose::ClientAuth, now), Ok(()));
        assert_eq!(validate(&chain, &anchor(&ours), Purpose::ServerAuth, now), Ok(()));
        let reason = |root, now| validate(&chain, &anchor(root), Purpose::ClientAuth, now).unwrap_err();
        assert_eq!(reason(&other, now), "UnknownIssuer");
        assert_eq!(reason(&ours, now + 30 * 86_400), "CertExpired");
        assert_eq!(validate(&[vec![0]], &[], Purpose::ClientAuth, now), Err("TrailingData".to_owned()));
    }

    #[test]
    fn a_foreign_key_does_not_match() {
        let root = RogueRoot::new("root").unwrap();
        let (one, two) = (root.client("spiffe://x/a").unwrap(), root.client("spiffe://x/a").unwrap());
        let leaf = &certificates(one.chain.as_bytes()).unwrap()[0];
        assert_eq!(key_matches(leaf, one.key()), Ok(true));
        assert_eq!(key_matches(leaf, two.key()), Ok(false));
    }

    #[test]
    fn a_sec1_key_is_compared_like_any_other() {
        let root = RogueRoot::new("root").unwrap();
        let (one, two) = (root.client("spiffe://x/a").unwrap(), root.client("spiffe://x/a").unwrap());
        let leaf = &certificates(one.chain.as_bytes()).unwrap()[0];
        assert_eq!(key_matches(leaf, &sec1(one.key())), Ok(true));
        assert_eq!(key_matches(leaf, &sec1(two.key())), Ok(false));
        assert!(key_matches(leaf, "-----BEGIN X-----\nAAAA\n-----END X-----\n").is_err());
    }

    /// The SEC 1 key inside a PKCS#8 key of P-256: what follows version and algorithm, without its own tag and length.
    fn sec1(pkcs8: &str) -> String {
        let block = Pem::iter_from_buffer(pkcs8.as_bytes()).next().unwrap().unwrap();
        let start = block.contents.windows(PRIME256V1.len()).position(|window| window == PRIME256V1).unwrap()
            + PRIME256V1.len();
        let inner = &block.contents[start + 2..];
        let spelled = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, inner);
        format!("-----BEGIN EC PRIVATE KEY-----\n{spelled}\n-----END EC PRIVATE KEY-----\n")
    }
}
