//! Certificates and keys of jobs, as the TLS library takes them.
//!
//! Not checked: whether a key belongs to its certificate, for a probe may lie. Nothing is read from files or from a
//! Workload API: whoever starts a probe gives it what it presents.

use std::sync::Arc;

use mtls_protocol::SecretBytes;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use zeroize::Zeroize;

/// Material that cannot be used. Never contains a text of the material: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} {problem}")]
pub struct BadMaterial {
    what: &'static str,
    problem: String,
}

/// Trust anchors from PEM text.
///
/// # Errors
/// When the text has no certificate or one that cannot be an anchor.
pub fn roots(pem: &str) -> Result<Arc<RootCertStore>, BadMaterial> {
    let mut store = RootCertStore::empty();
    for (index, certificate) in certificates(ROOTS, pem)?.into_iter().enumerate() {
        let anchor = store.add(certificate);
        anchor.map_err(|error| bad(ROOTS, format!("number {} cannot be a trust anchor: {error}", index + 1)))?;
    }
    Ok(Arc::new(store))
}

/// Every certificate of a chain in PEM, at least one.
///
/// # Errors
/// When the text has none, or is damaged.
pub fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, BadMaterial> {
    certificates("certificate chain", pem)
}

/// The signer for a key in PEM.
///
/// # Errors
/// When there is no key, or the crypto provider cannot use it.
pub fn signer_of_pem(pem: &str) -> Result<Arc<dyn SigningKey>, BadMaterial> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
    signer(key.map_err(|error| bad(KEY, format!("has no valid PEM key: {}", describe(&error))))?)
}

/// The signer for a key in PKCS#8.
///
/// # Errors
/// When the crypto provider cannot use it.
pub fn signer_of_pkcs8(key: &SecretBytes) -> Result<Arc<dyn SigningKey>, BadMaterial> {
    signer(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.bytes().to_vec())))
}

fn signer(mut key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, BadMaterial> {
    let signer = ring::sign::any_supported_type(&key);
    key.zeroize();
    signer.map_err(|_| bad(KEY, "is of no supported type or damaged".to_owned()))
}

fn certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, BadMaterial> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Err(error) => Err(bad(what, format!("is not valid PEM: {}", describe(&error)))),
        Ok(list) if list.is_empty() => Err(bad(what, "has no PEM certificate".to_owned())),
        Ok(list) => Ok(list),
    }
}

fn bad(what: &'static str, problem: String) -> BadMaterial {
    BadMaterial { what, problem }
}

/// The kind of PEM error. Never the text itself: it may be part of a key.
fn describe(error: &rustls::pki_types::pem::Error) -> &'static str {
    use rustls::pki_types::pem::Error as Pem;
    match error {
        Pem::Base64Decode(_) => "the base64 is damaged",
        Pem::IllegalSectionStart { .. } => "a BEGIN line is damaged",
        Pem::MissingSectionEnd { .. } => "an END line is missing",
        Pem::NoItemsFound => "none found",
        _ => "it cannot be read",
    }
}

const KEY: &str = "private key";
const ROOTS: &str = "CA certificates";
