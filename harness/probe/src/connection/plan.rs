//! The configuration of a connection, before it is opened.

use std::sync::Arc;

use mtls_protocol::outcome::{Ended, OwnFacts, Stage};
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::failure::Failure;
use super::present::{Credentials, Presenter};
use super::provider::PROVIDER;
use super::verify::{HandshakeRecord, ServerCheck, Verifier};

/// Plaintext, or TLS with its settings.
#[derive(Clone, Debug)]
pub enum Transport {
    Plain,
    Tls(Box<Tls>),
}

/// The settings of a TLS connection.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Protocols offered by ALPN, none when empty.
    pub alpn: Vec<String>,
    pub sni: Sni,
    /// The client certificate; `None` answers a request with an empty certificate message.
    pub credentials: Option<Credentials>,
    /// The trusted roots; unused when the check only records.
    pub roots: Arc<RootCertStore>,
    /// How the server is verified.
    pub check: ServerCheck,
    /// Empty for both 1.2 and 1.3.
    pub versions: Vec<&'static SupportedProtocolVersion>,
}

/// The server name extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sni {
    /// The host if it is a DNS name.
    FromHost,
    Named(String),
    Omitted,
}

/// Whether connections of one [`Prepared`] transport may resume each other's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Tickets are stored and offered: to test whether a server accepts them.
    Stored,
    Never,
}

/// A transport that can open several connections, one after the other.
#[derive(Debug)]
pub struct Prepared(pub(super) Option<Box<Configured>>);

impl Transport {
    /// Checks everything that can fail before a connection is opened.
    ///
    /// # Errors
    /// A [`Failure`] in stage `config`.
    pub fn prepare(&self, host: &str, sessions: Sessions) -> Result<Prepared, Failure> {
        Ok(Prepared(match self {
            Self::Plain => None,
            Self::Tls(tls) => Some(Box::new(tls.configure(host, sessions)?)),
        }))
    }
}

impl Tls {
    fn configure(&self, host: &str, sessions: Sessions) -> Result<Configured, Failure> {
        let unusable = |message: String| Failure::new(Stage::Config, Ended::Error, message);
        let name = match &self.sni {
            Sni::Named(name) => name.as_str(),
            Sni::FromHost | Sni::Omitted => host,
        };
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| unusable(format!("`{name}` is neither a DNS name nor an IP address")))?;

        let record = Arc::new(HandshakeRecord::default());
        let verifier = Verifier::new(self.check.clone(), Arc::clone(&self.roots), Arc::clone(&record));
        let presenter = Presenter::new(self.credentials.clone(), Arc::clone(&record));
        let versions = if self.versions.is_empty() { &[&TLS13, &TLS12][..] } else { &self.versions };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(versions)
            .map_err(|error| unusable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(presenter));
        config.resumption = match sessions {
            Sessions::Stored => Resumption::in_memory_sessions(MAX_SERVERS),
            Sessions::Never => Resumption::disabled(),
        };
        config.enable_sni = self.sni != Sni::Omitted;
        config.alpn_protocols = self.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let own = self.credentials.as_ref().and_then(|credentials| credentials.own().cloned());
        Ok(Configured { config: Arc::new(config), name, record, own })
    }
}

/// The TLS configuration, with the record of the current handshake.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    pub(super) record: Arc<HandshakeRecord>,
    pub(super) own: Option<OwnFacts>,
}

/// Number of servers whose sessions are stored; an attempt uses one.
const MAX_SERVERS: usize = 4;
