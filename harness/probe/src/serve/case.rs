//! A case with all its material, checked before any port is bound.

use std::fmt::Display;
use std::sync::Arc;

use mtls_protocol::attempts::TlsVersion;
use mtls_protocol::serve::{Case, Mode};
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    ClientHello, NoClientAuth, ProducesTickets, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
    WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;

use super::verifier::{ClientRecord, Recorder};
use crate::attempts::protocol_versions;
use crate::connection::PROVIDER;
use crate::material::{roots, signer_of_pkcs8};

/// A job that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BadCase {
    #[error("cases: give at least one")]
    None,
    #[error("cases: the id `{0}` is used twice; ids name the listeners")]
    Twice(String),
    #[error("case `{id}`: {problem}")]
    Unusable { id: String, problem: String },
}

#[derive(Debug)]
pub(super) enum Ready {
    Close,
    HalfHello,
    Plaintext,
    Silent,
    Tls(Box<TlsCase>),
}

/// State that all connections of a TLS case share, so that sessions can be resumed among them.
#[derive(Debug)]
pub(super) struct TlsCase {
    certified: Arc<CertifiedKey>,
    versions: Vec<TlsVersion>,
    asks: bool,
    judge: Option<Arc<dyn ClientCertVerifier>>,
    alpn: Vec<Vec<u8>>,
    pub(super) mute: bool,
    tickets: Arc<dyn ProducesTickets>,
    sessions: Arc<dyn StoresServerSessions>,
}

impl Ready {
    pub(super) fn of(case: &Case) -> Result<Self, BadCase> {
        if case.mode != Mode::Tls && (case.key.is_some() || !case.chain.is_empty() || case.request_certificate) {
            return Err(unusable(case, "chain, key and request_certificate belong to mode `tls`"));
        }
        Ok(match case.mode {
            Mode::Close => Self::Close,
            Mode::HalfHello => Self::HalfHello,
            Mode::Plaintext => Self::Plaintext,
            Mode::Silent => Self::Silent,
            Mode::Tls => Self::Tls(Box::new(TlsCase::of(case)?)),
        })
    }
}

impl TlsCase {
    fn of(case: &Case) -> Result<Self, BadCase> {
        let key = case.key.as_ref().ok_or_else(|| unusable(case, "mode `tls` needs a key, base64 of PKCS#8"))?;
        let signer = signer_of_pkcs8(key).map_err(|error| unusable(case, error))?;
        let judge = match &case.client_ca {
            None => None,
            Some(_) if !case.request_certificate => {
                return Err(unusable(case, "client_ca needs request_certificate: true"));
            }
            Some(pem) => {
                let roots = roots(pem).map_err(|error| unusable(case, error))?;
                let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&PROVIDER));
                Some(builder.build().map_err(|error| unusable(case, error))?)
            }
        };
        let chain = case.chain.iter().map(|entry| CertificateDer::from(entry.0.clone())).collect();
        Ok(Self {
            certified: Arc::new(CertifiedKey::new(chain, signer)),
            versions: case.tls_versions.clone(),
            asks: case.request_certificate,
            judge,
            alpn: case.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect(),
            mute: case.mute,
            tickets: Ticketer::new().map_err(|error| unusable(case, error))?,
            sessions: ServerSessionMemoryCache::new(MAX_SESSIONS),
        })
    }

    /// The configuration of one connection, whose verifier records this connection only.
    pub(super) fn configure(&self, record: &Arc<ClientRecord>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let verifier: Arc<dyn ClientCertVerifier> = if self.asks {
            Arc::new(Recorder { judge: self.judge.clone(), record: Arc::clone(record) })
        } else {
            Arc::new(NoClientAuth)
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&protocol_versions(&self.versions))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(FixedCertificate(Arc::clone(&self.certified))));
        config.ticketer = Arc::clone(&self.tickets);
        config.session_storage = Arc::clone(&self.sessions);
        config.alpn_protocols.clone_from(&self.alpn);
        Ok(Arc::new(config))
    }
}

/// The same certificate for every name and every client.
#[derive(Debug)]
struct FixedCertificate(Arc<CertifiedKey>);

impl ResolvesServerCert for FixedCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn unusable(case: &Case, problem: impl Display) -> BadCase {
    BadCase::Unusable { id: case.id.clone(), problem: format!("{problem}") }
}

const MAX_SESSIONS: usize = 256;
