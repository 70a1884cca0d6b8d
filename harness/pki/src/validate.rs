//! Path validation with one anchor and nothing else, by rustls-webpki (RFC 5280 section 6).

use std::time::Duration;

use rcgen::KeyPair;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{certificate::X509Certificate, pem::Pem, prelude::FromDer};

use super::der::{INTEGER, Node, OBJECT_IDENTIFIER, OCTET_STRING};

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
        "EC PRIVATE KEY" => KeyPair::try_from(pkcs8(&block.contents)?.as_slice()).ok(),
        _ => KeyPair::from_pem(pem).ok(),
    }
}

/// A SEC 1 key as PKCS#8 (RFC 5958). `None` when it is no `ECPrivateKey`, or its curve is unknown.
fn pkcs8(sec1: &[u8]) -> Option<Vec<u8>> {
    let key = Node::parse(sec1).ok()?;
    let [_version, secret, optional @ ..] = key.items() else { return None };
    let named = optional.iter().find(|item| item.tag() == Some(PARAMETERS)).and_then(|item| item.items().first());
    let curve = match (named, secret.body().len()) {
        (Some(curve), _) => curve.body(),
        // RFC 5915 demands the parameters. Without them, the length of the secret, which is the curve's, tells the two apart.
        (None, 32) => PRIME256V1,
        (None, 48) => SECP384R1,
        (None, _) => return None,
    };
    let algorithm = [EC_PUBLIC_KEY, curve].map(|oid| Node::primitive(OBJECT_IDENTIFIER, oid));
    let wrapped = [Node::primitive(INTEGER, [0]), Node::sequence(algorithm), Node::primitive(OCTET_STRING, sec1)];
    Some(Node::sequence(wrapped).encode())
}

/// The tag `[0]` of `ECPrivateKey`, whose content is the curve.
const PARAMETERS: u8 = 0xa0;
/// Object identifiers of RFC 5480 sections 2.1.1 and 2.1.1.1.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RogueRoot, certificates, pem::block};

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
        for curve in [None, Some(PRIME256V1)] {
            assert_eq!(key_matches(leaf, &sec1(one.key(), curve)), Ok(true));
            assert_eq!(key_matches(leaf, &sec1(two.key(), curve)), Ok(false));
        }
        assert!(
            key_matches(leaf, &sec1(one.key(), Some(SECP384R1))).is_err(),
            "the curve is the one that the key names"
        );
        assert!(key_matches(leaf, &block("X", &[0, 0, 0])).is_err());
        assert!(key_matches(leaf, &block("EC PRIVATE KEY", &[0x30, 0x00])).is_err());
    }

    #[test]
    fn a_sec1_key_of_p384_is_recognised_by_its_length() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let leaf = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        assert_eq!(key_matches(leaf.der(), &sec1(&key.serialize_pem(), None)), Ok(true));
    }

    /// The SEC 1 key inside a PKCS#8 key, with or without the name of its curve.
    fn sec1(pkcs8: &str, curve: Option<&[u8]>) -> String {
        let whole = Node::parse(&Pem::iter_from_buffer(pkcs8.as_bytes()).next().unwrap().unwrap().contents).unwrap();
        let mut key = Node::parse(whole.items()[2].body()).unwrap();
        if let Some(curve) = curve {
            let name = Node::primitive(OBJECT_IDENTIFIER, curve);
            key.items_mut().unwrap().insert(2, Node::Constructed { tag: PARAMETERS, items: vec![name] });
        }
        block("EC PRIVATE KEY", &key.encode())
    }
}
