//! A hand-written `ClientHello` (RFC 8446 section 4.1.2), and the first answer to it.

use serde::{Deserialize, Serialize};

use super::encoded::Encoded;

/// Either `raw`, or any of the others; omitted fields have the defaults of a usual client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelloJob {
    /// Sent unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Encoded>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<HelloVersion>,
    /// IANA names, or `0x` and four digits; the probe knows which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ciphers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signature_algorithms: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<String>,
    /// `None`: the one of the attempt. Empty: not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// Maximum number of message bytes per record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragment: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<Omitted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum HelloVersion {
    #[serde(rename = "1.0")]
    Tls10,
    #[serde(rename = "1.1")]
    Tls11,
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

/// Extensions that can be omitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The first answer. `version` and `cipher` are the server's choice, `None` when it chose nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloFacts {
    pub answer: Answer,
    pub version: Option<String>,
    pub cipher: Option<String>,
}

/// The kind of the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Alert,
    HelloRetryRequest,
    Nothing,
    OtherBytes,
    ServerHello,
}
