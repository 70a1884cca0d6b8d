//! What came of one exchange: the answer line of an attempt, and the closed sets of stages and endings.

use std::fmt;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hello::HelloFacts;

/// One exchange of an attempt. Follow-ups have the attempt's id, `/` and a number from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptResult {
    pub id: String,
    pub stage: Stage,
    pub ended: Ended,
    pub alert: Option<Alert>,
    /// Why the probe refused the server, in one word.
    pub reason: Option<String>,
    pub error: Option<String>,
    pub http_status: Option<u16>,
    /// JSON or text, at most 16 KiB of it.
    pub body: Option<Value>,
    pub tls: Option<TlsFacts>,
    /// The answer to a hello; absent if none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<HelloFacts>,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    pub started: Timestamp,
    pub ms: Spent,
}

/// Where an exchange ended. `tls` includes the time in which a probe only reads: the server may still refuse there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Config,
    Resolve,
    Tcp,
    Tls,
    Http,
    App,
    Done,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    AlertReceived,
    AlertSent,
    Answered,
    DnsFail,
    Eof,
    Error,
    Refused,
    Reset,
    Timeout,
}

/// A TLS alert (RFC 8446 section 6) and its direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The IANA name.
    pub name: String,
    pub code: u8,
    pub direction: Direction,
}

/// Which side sent an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Received,
    Sent,
}

/// Milliseconds per stage; `None` for a stage that was not reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    pub resolve: Option<f64>,
    pub tcp: Option<f64>,
    pub tls: Option<f64>,
    /// From the end of the request to the first byte of the answer.
    pub first_byte: Option<f64>,
    pub total: f64,
}

/// The TLS session. Version, cipher and handshake are `None` when the handshake did not finish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub alpn: Option<String>,
    pub handshake: Option<Handshake>,
    /// Whether the server requested a client certificate.
    pub client_certificate_requested: bool,
    pub peer: Option<PeerFacts>,
    pub own: Option<OwnFacts>,
}

/// Whether a session was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handshake {
    Full,
    Resumed,
}

/// The facts of the server's certificate. Serials are lower-case hexadecimal without colons or sign byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerFacts {
    /// The only URI SAN if it has the `spiffe` scheme.
    pub spiffe_id: Option<String>,
    pub uris: Vec<String>,
    pub dns: Vec<String>,
    pub serial: Option<String>,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    pub issuer: Option<String>,
    /// Public certificates as presented, leaf first, PEM.
    pub chain: Vec<String>,
}

/// The facts of the certificate that the probe presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFacts {
    pub spiffe_id: Option<String>,
    pub serial: String,
    pub not_after: Timestamp,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "config",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::App => "app",
            Self::Done => "done",
        })
    }
}
