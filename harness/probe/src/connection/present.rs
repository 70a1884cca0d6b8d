//! The certificate that the probe presents on request: valid material, or any bytes.
//!
//! Not checked: whether the bytes are a certificate, and whether the key matches it. A probe tests how the server
//! reacts.

use std::fmt;
use std::sync::Arc;

use mtls_protocol::outcome::OwnFacts;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SigningKey};

use super::verify::HandshakeRecord;
use crate::certificate::LeafFacts;

/// Certificates with their signing key.
#[derive(Clone)]
pub struct Credentials {
    certified: Arc<CertifiedKey>,
    own: Option<OwnFacts>,
}

impl Credentials {
    /// Exactly these bytes as certificate entries; `None` when there are none, which answers a request with an empty
    /// list.
    #[must_use]
    pub fn new(chain: Vec<CertificateDer<'static>>, signer: Arc<dyn SigningKey>) -> Option<Self> {
        let own = LeafFacts::read(chain.first()?).ok();
        let certified = Arc::new(CertifiedKey::new(chain, signer));
        Some(Self { certified, own: own.map(own_facts) })
    }

    /// The facts of the leaf, if it is a certificate.
    #[must_use]
    pub fn own(&self) -> Option<&OwnFacts> {
        self.own.as_ref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("own", &self.own).finish_non_exhaustive()
    }
}

fn own_facts(leaf: LeafFacts) -> OwnFacts {
    OwnFacts { spiffe_id: leaf.spiffe_id, serial: leaf.serial, not_after: leaf.not_after }
}

/// Presents the credentials regardless of the server's root hints, and records the request.
#[derive(Debug)]
pub(super) struct Presenter {
    credentials: Option<Credentials>,
    record: Arc<HandshakeRecord>,
}

impl Presenter {
    pub(super) fn new(credentials: Option<Credentials>, record: Arc<HandshakeRecord>) -> Self {
        Self { credentials, record }
    }
}

impl ResolvesClientCert for Presenter {
    fn resolve(&self, _root_hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.record.note_certificate_request();
        self.credentials.as_ref().map(|credentials| Arc::clone(&credentials.certified))
    }

    fn has_certs(&self) -> bool {
        // Also true without credentials: otherwise `resolve` is not called and the request is not recorded.
        true
    }
}
