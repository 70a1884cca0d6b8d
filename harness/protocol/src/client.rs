//! The jobs of the examined client (`fixtures/client/README.md`), as the runner writes them.
//!
//! The client has types of its own: the two sides share a format and no code. Its tests hold samples of its jobs, and
//! the tests here write the same ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attempts::{Switch, TlsVersion, five_seconds, one, whoami};

/// `mtls-client calls`: calls of one process, each with one result line as those of `get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsJob {
    /// Maximum number of concurrent calls; lines keep the job's order only when it is 1.
    #[serde(default = "one")]
    pub parallel: usize,
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub id: String,
    /// `https` only.
    pub url: String,
    /// The SPIFFE ID of the server; `None` for the URL's host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_id: Option<String>,
    #[serde(default)]
    pub identity: CallIdentity,
    /// PEM of the roots, in place of those of the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    #[serde(default)]
    pub alpn: Vec<String>,
    #[serde(default)]
    pub tls_versions: Vec<TlsVersion>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long it listens after the handshake before its request, in milliseconds.
    #[serde(default)]
    pub listen_ms: u64,
    /// Time limit of the call, in milliseconds.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
}

impl Call {
    /// A call with every default.
    #[must_use]
    pub fn new(id: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            url: url.into(),
            expect_id: None,
            identity: CallIdentity::Files,
            ca: None,
            alpn: Vec::new(),
            tls_versions: Vec::new(),
            headers: BTreeMap::new(),
            listen_ms: 0,
            timeout_ms: five_seconds(),
        }
    }
}

/// Where the client takes its certificate from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallIdentity {
    /// The three files of its environment.
    #[default]
    Files,
    /// It has none.
    None,
    /// The Workload API of its environment.
    WorkloadApi,
}

/// `mtls-client stream`: a long-running client, one line per request and a summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamJob {
    pub id: String,
    pub host: String,
    pub port: u16,
    /// `off` behind a sidecar, which then makes the session.
    #[serde(default)]
    pub tls: Switch,
    #[serde(default)]
    pub identity: CallIdentity,
    /// The SPIFFE ID of the server; needed with TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_id: Option<String>,
    #[serde(default = "whoami")]
    pub path: String,
    /// Requests per second.
    pub rate_per_second: f64,
    /// Duration of the stream, in milliseconds.
    pub duration_ms: u64,
    /// Time limit of one request, connecting included, in milliseconds.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
    #[serde(default)]
    pub connections: Weights,
    #[serde(default)]
    pub pool: PoolLimits,
}

/// How often each kind of connection gets the next request, relative to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    #[serde(default)]
    pub fresh: u32,
    #[serde(default)]
    pub pooled: u32,
    #[serde(default)]
    pub long_lived: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { fresh: 1, pooled: 0, long_lived: 0 }
    }
}

/// How long pooled connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolLimits {
    /// Maximum idle time, in milliseconds.
    pub idle_ms: u64,
    /// Maximum age, in milliseconds.
    pub age_ms: u64,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { idle_ms: 10_000, age_ms: 45_000 }
    }
}
