//! `mtls-probe attempts`: connections that a server is probed with. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::encoded::{Encoded, Secret, SecretBytes};
use super::hello::HelloJob;

/// The job: attempts, each with one answer line per exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptsJob {
    /// Maximum number of concurrent attempts; answers keep the job's order only when it is 1.
    #[serde(default = "one")]
    pub parallel: usize,
    pub attempts: Vec<Attempt>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    pub id: String,
    pub host: String,
    pub port: u16,
    pub protocol: Protocol,
    #[serde(default)]
    pub tls: Switch,
    /// Protocols offered by ALPN, none when empty.
    #[serde(default)]
    pub alpn: Vec<String>,
    /// `None`: the host when it is a DNS name. Empty: not sent.
    #[serde(default)]
    pub sni: Option<String>,
    /// Empty for both.
    #[serde(default)]
    pub tls_versions: Vec<TlsVersion>,
    #[serde(default)]
    pub identity: Identity,
    #[serde(default)]
    pub verify: Verify,
    #[serde(default = "whoami")]
    pub path: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Time limit of each exchange, in milliseconds; waits before follow-ups are not counted.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
    /// The hello to send when the protocol is `hello`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<HelloJob>,
    /// More exchanges after the first, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<FollowUp>,
}

impl Attempt {
    /// An attempt with every default.
    #[must_use]
    pub fn new(id: impl Into<String>, host: impl Into<String>, port: u16, protocol: Protocol) -> Self {
        Self {
            id: id.into(),
            host: host.into(),
            port,
            protocol,
            tls: Switch::Off,
            alpn: Vec::new(),
            sni: None,
            tls_versions: Vec::new(),
            identity: Identity::None,
            verify: Verify::RecordOnly,
            path: whoami(),
            headers: BTreeMap::new(),
            timeout_ms: five_seconds(),
            hello: None,
            then: Vec::new(),
        }
    }
}

/// An exchange after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Wait before it, in milliseconds.
    #[serde(default)]
    pub after_ms: u64,
    pub how: How,
}

/// What a client does after its first exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A new connection that knows of no session.
    Fresh,
    /// A new connection that offers the session of the first.
    Resumed,
    /// Another request on the first connection.
    SameConnection,
}

/// The protocol above TCP or TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// A `ClientHello` and the first answer to it.
    Hello,
    Http,
    /// One line there and one line back.
    Tcp,
}

/// Whether TLS is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    #[default]
    Off,
    On,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TlsVersion {
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

/// What the probe presents when it is asked for a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Identity {
    /// PEM, used unchanged: the key need not belong to the certificate.
    Inline { cert: String, key: Secret, ca: String },
    #[default]
    None,
    /// Exactly these bytes as certificate entries, certificates or not.
    Raw {
        chain: Vec<Encoded>,
        key: SecretBytes,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ca: Option<String>,
    },
}

/// How the server is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verify {
    /// Accepts anything, without proof of the key: shows that checks can fail.
    Anything,
    /// A chain to a root, and this DNS name or IP address.
    Chain {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ca: Option<String>,
    },
    /// Accepts any server that proves its key, and records what it presented.
    #[default]
    RecordOnly,
    /// A chain to a root, and this as the only URI SAN.
    Spiffe {
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ca: Option<String>,
    },
}

pub(crate) fn one() -> usize {
    1
}

pub(crate) fn five_seconds() -> u64 {
    5_000
}

pub(crate) fn whoami() -> String {
    "/whoami".to_owned()
}
