//! Wire options of a client: what it offers, what it leaves out, and how it goes on after an answer.
//!
//! As written under `wire` in a file; versions and follow-ups are the very words of the probe's jobs. `resolve` checks
//! which participants may have them; the probe checks names of cipher suites.

use std::collections::BTreeMap;

pub use mtls_protocol::attempts::{How, TlsVersion};
use mtls_protocol::hello;
pub use mtls_protocol::hello::HelloVersion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a client sends. `tls`, `alpn` or `sni` make it use TLS, with its `identity` when it has one and else without a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WireOptions {
    /// TLS versions it offers, default both.
    #[serde(default)]
    pub tls: Vec<TlsVersion>,
    /// Protocols it offers; default `istio` where a sidecar listens. `[]` offers none.
    #[serde(default)]
    pub alpn: Option<Vec<String>>,
    /// The server name it sends; default the one it dials. `""` sends none.
    #[serde(default)]
    pub sni: Option<String>,
    /// On the port of the server's own TLS it presents the certificate of its pod's files and believes the server by its SPIFFE ID,
    /// as callers behind a sidecar do there.
    #[serde(default)]
    pub files: bool,
    /// Headers of its requests.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A hand-written `ClientHello` and the first answer to it; nothing is completed.
    #[serde(default)]
    pub hello: Option<Hello>,
    /// It connects and sends nothing.
    #[serde(default)]
    pub says: Option<Nothing>,
    /// Another exchange after the first: facts under `then`.
    #[serde(default)]
    pub then: Option<Then>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nothing {
    Nothing,
}

/// Either `raw`, or anything of the others; what is not given is as a usual client has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hello {
    /// Bytes in base64, sent as they are.
    #[serde(default)]
    pub raw: Option<String>,
    #[serde(default)]
    pub versions: Vec<HelloVersion>,
    /// IANA names, such as `TLS_RSA_WITH_AES_128_GCM_SHA256`, or `"0x009c"`.
    #[serde(default)]
    pub ciphers: Vec<String>,
    /// IANA names, such as `secp256r1`, or numbers.
    #[serde(default)]
    pub groups: Vec<String>,
    /// IANA names, such as `rsa_pkcs1_sha256`, or numbers.
    #[serde(default)]
    pub signature_algorithms: Vec<String>,
    #[serde(default)]
    pub alpn: Vec<String>,
    /// Default: the name it dials. `""` sends none.
    #[serde(default)]
    pub sni: Option<String>,
    /// Most bytes of the message per record.
    #[serde(default)]
    pub fragment: Option<u16>,
    /// Extensions to leave out.
    #[serde(default)]
    pub omit: Vec<Omitted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Omitted {
    EcPointFormats,
    ExtendedMasterSecret,
    KeyShare,
    PskKeyExchangeModes,
    RenegotiationInfo,
    SignatureAlgorithms,
    SupportedGroups,
    SupportedVersions,
}

/// What a caller does after its first exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Then {
    /// How long after the first exchange; default at once.
    #[serde(default)]
    pub after: Option<String>,
    pub how: How,
}

impl From<Omitted> for hello::Omitted {
    fn from(omitted: Omitted) -> Self {
        match omitted {
            Omitted::EcPointFormats => Self::EcPointFormats,
            Omitted::ExtendedMasterSecret => Self::ExtendedMasterSecret,
            Omitted::KeyShare => Self::KeyShare,
            Omitted::PskKeyExchangeModes => Self::PskKeyExchangeModes,
            Omitted::RenegotiationInfo => Self::RenegotiationInfo,
            Omitted::SignatureAlgorithms => Self::SignatureAlgorithms,
            Omitted::SupportedGroups => Self::SupportedGroups,
            Omitted::SupportedVersions => Self::SupportedVersions,
        }
    }
}

impl WireOptions {
    /// Whether the client uses TLS itself.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        !self.tls.is_empty() || self.alpn.is_some() || self.sni.is_some()
    }

    /// Whether there is no exchange, only one message and its answer.
    #[must_use]
    pub fn is_lone(&self) -> bool {
        self.hello.is_some() || self.says.is_some()
    }
}
