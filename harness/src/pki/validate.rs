//! Path validation with one anchor and nothing else, by rustls-webpki (RFC 5280 section 6).

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// What the leaf is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    ClientAuth,
    ServerAuth,
}

/// Validates `chain` (leaf first) with `anchors` as the only roots at `now` (seconds since 1970).
///
/// # Errors
///
/// The verifier's reason, such as `UnknownIssuer`.
pub fn validate(chain: &[Vec<u8>], anchors: &[Vec<u8>], purpose: Purpose, now: i64) -> Result<(), String> {
    let ders: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let roots: Vec<CertificateDer<'_>> = anchors.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let roots = roots.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let (leaf, intermediates) = ders.split_first().ok_or_else(|| "empty chain".to_owned())?;
    let leaf = EndEntityCert::try_from(leaf).map_err(|error| error.to_string())?;
    let usage = match purpose {
        Purpose::ClientAuth => KeyUsage::client_auth(),
        Purpose::ServerAuth => KeyUsage::server_auth(),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &roots, intermediates, now, usage, None, None).map(|_| ()).map_err(|error| format!("{error:?}"))
}

/// Whether a PEM private key belongs to a certificate. The key is looked at and dropped.
///
/// # Errors
///
/// When either cannot be read.
pub fn key_matches(leaf: &[u8], key_pem: &str) -> Result<bool, String> {
    let key = rcgen::KeyPair::from_pem(key_pem).map_err(|_| "the private key is of a kind that cannot be compared".to_owned())?;
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|error| error.to_string())?;
    Ok(rcgen::PublicKeyData::subject_public_key_info(&key) == certificate.public_key().raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{RogueRoot, certificates};

    #[test]
    fn a_chain_is_valid_under_its_own_root_only() {
        let (ours, other) = (RogueRoot::new("ours").unwrap(), RogueRoot::new("other").unwrap());
        let material = ours.client("spiffe://x/ns/a/sa/b").unwrap();
        let chain = certificates(material.chain.as_bytes()).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let anchor = |root: &RogueRoot| certificates(root.pem().as_bytes()).unwrap();
        assert_eq!(validate(&chain, &anchor(&ours), Purpose::ClientAuth, now), Ok(()));
        assert_eq!(validate(&chain, &anchor(&ours), Purpose::ServerAuth, now), Ok(()));
        assert!(validate(&chain, &anchor(&other), Purpose::ClientAuth, now).unwrap_err().contains("UnknownIssuer"));
        assert!(validate(&chain, &anchor(&ours), Purpose::ClientAuth, now + 30 * 86_400).unwrap_err().contains("Expired"));
    }

    #[test]
    fn a_foreign_key_does_not_match() {
        let root = RogueRoot::new("root").unwrap();
        let (one, two) = (root.client("spiffe://x/a").unwrap(), root.client("spiffe://x/a").unwrap());
        let leaf = &certificates(one.chain.as_bytes()).unwrap()[0];
        assert_eq!(key_matches(leaf, one.key()), Ok(true));
        assert_eq!(key_matches(leaf, two.key()), Ok(false));
    }
}
