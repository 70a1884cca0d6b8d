//! `mtls-probe serve`: a hostile server, one listener per case. Unknown keys are errors.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::attempts::TlsVersion;
use super::encoded::{Encoded, SecretBytes};
use super::outcome::{Alert, Handshake};

/// The job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeJob {
    /// The address to listen on.
    pub listen: IpAddr,
    pub cases: Vec<Case>,
}

/// One listener and its behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub mode: Mode,
    /// Certificate entries, sent unchanged, certificates or not; mode `tls` only, like all fields below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Encoded>,
    /// It need not match the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<SecretBytes>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tls_versions: Vec<TlsVersion>,
    #[serde(default)]
    pub request_certificate: bool,
    /// PEM. Client certificates must chain to one of these; without it, any bytes are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<String>,
    /// Completes the handshake, reads, and never answers.
    #[serde(default)]
    pub mute: bool,
}

impl Case {
    /// A case without a certificate.
    #[must_use]
    pub fn bare(id: impl Into<String>, mode: Mode) -> Self {
        Self {
            id: id.into(),
            mode,
            chain: Vec::new(),
            key: None,
            tls_versions: Vec::new(),
            request_certificate: false,
            client_ca: None,
            alpn: Vec::new(),
            mute: false,
        }
    }
}

/// The behaviour of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Closes at once.
    Close,
    /// Sends three bytes of a TLS record, and no more.
    HalfHello,
    /// Plaintext HTTP, also in answer to a `ClientHello`.
    Plaintext,
    /// Accepts and never sends a byte.
    Silent,
    Tls,
}

/// The first line: the port of each case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    pub listening: BTreeMap<String, u16>,
}

/// One connection, when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionLine {
    pub id: String,
    pub remote: SocketAddr,
    pub ended: ConnectionEnded,
    pub alert: Option<Alert>,
    /// The session; `None` when the handshake did not finish.
    pub tls: Option<Session>,
    /// The client's certificate, also of a resumed session.
    pub peer: Option<ClientCertificate>,
    pub client_certificate_requested: bool,
    /// Received application bytes, without handshake records and alerts.
    pub request_bytes: u64,
    pub error: Option<String>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionEnded {
    AlertReceived,
    Eof,
    Error,
    Reset,
    /// At least one request was answered.
    Served,
    Timeout,
}

/// The facts of the TLS session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub handshake: Option<Handshake>,
}

/// `None` and empty where the bytes are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    pub spiffe_id: Option<String>,
    pub serial: Option<String>,
    pub uris: Vec<String>,
}
