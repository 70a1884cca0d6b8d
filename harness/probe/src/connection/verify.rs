//! Verifies the server as the job says. `RecordOnly` accepts any server and records what it presented, because a probe
//! observes what a server does and must not close first. With a chain and a name or a SPIFFE ID it verifies both, the
//! chain first. `Anything` does not even require proof of the key: it proves that checks can fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::provider::PROVIDER;
use crate::certificate::LeafFacts;

/// The server verification mode.
#[derive(Clone, Debug)]
pub enum ServerCheck {
    /// Accepts anything, without proof of the key: proves that checks can fail.
    Anything,
    /// A chain to a root, and this DNS name or IP address.
    Name(ServerName<'static>),
    /// Accepts any server that proves its key.
    RecordOnly,
    /// A chain to a root, and this as the only URI SAN.
    SpiffeId(String),
}

/// The observations of a handshake.
#[derive(Debug, Default)]
pub(super) struct HandshakeRecord {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    certificate_requested: AtomicBool,
}

impl HandshakeRecord {
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the server requested a client certificate.
    pub(super) fn certificate_requested(&self) -> bool {
        self.certificate_requested.load(Ordering::Relaxed)
    }

    pub(super) fn note_certificate_request(&self) {
        self.certificate_requested.store(true, Ordering::Relaxed);
    }

    /// Clears the observations of an earlier handshake.
    pub(super) fn forget(&self) {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.certificate_requested.store(false, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct Verifier {
    check: ServerCheck,
    roots: Arc<RootCertStore>,
    record: Arc<HandshakeRecord>,
}

impl Verifier {
    pub(super) fn new(check: ServerCheck, roots: Arc<RootCertStore>, record: Arc<HandshakeRecord>) -> Self {
        Self { check, roots, record }
    }

    fn check_chain(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        let algorithms = PROVIDER.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(intermediates).map(|item| item.clone().into_owned());
        *self.record.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain.collect();
        match &self.check {
            ServerCheck::Anything | ServerCheck::RecordOnly => {}
            ServerCheck::Name(name) => {
                self.check_chain(leaf, intermediates, now)?;
                verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
            }
            ServerCheck::SpiffeId(expected) => {
                self.check_chain(leaf, intermediates, now)?;
                let facts = LeafFacts::read(leaf).map_err(|_| CertificateError::BadEncoding)?;
                if facts.spiffe_id.as_ref() != Some(expected) {
                    return Err(CertificateError::ApplicationVerificationFailure.into());
                }
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if matches!(self.check, ServerCheck::Anything) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, certificate, signature, &PROVIDER.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if matches!(self.check, ServerCheck::Anything) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, certificate, signature, &PROVIDER.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}
