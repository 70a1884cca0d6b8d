//! Records the client certificate of one connection, and verifies it only if the case has a CA.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mtls_protocol::serve::ClientCertificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::record::client;
use crate::connection::PROVIDER;

/// The observations of one handshake.
#[derive(Debug, Default)]
pub(super) struct ClientRecord {
    certificate_requested: AtomicBool,
    certificate: Mutex<Option<ClientCertificate>>,
}

impl ClientRecord {
    pub(super) fn certificate_requested(&self) -> bool {
        self.certificate_requested.load(Ordering::Relaxed)
    }

    pub(super) fn certificate(&self) -> Option<ClientCertificate> {
        self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Without a verifier everything is accepted, including a signature by another key.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) judge: Option<Arc<dyn ClientCertVerifier>>,
    pub(super) record: Arc<ClientRecord>,
}

impl ClientCertVerifier for Recorder {
    fn client_auth_mandatory(&self) -> bool {
        self.judge.is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // rustls calls this exactly when it writes a certificate request.
        self.record.certificate_requested.store(true, Ordering::Relaxed);
        self.judge.as_ref().map_or(&[], |judge| judge.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        *self.record.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(client(leaf));
        match &self.judge {
            Some(judge) => judge.verify_client_cert(leaf, intermediates, now),
            None => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.judge {
            Some(judge) => judge.verify_tls12_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.judge {
            Some(judge) => judge.verify_tls13_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}
