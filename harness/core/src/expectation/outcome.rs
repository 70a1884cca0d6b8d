//! The closed set of things that can happen to one attempt to reach a server.
//!
//! A denied cell lists the outcomes it accepts. Whatever is not listed is `unknown`, and an accepted
//! connection in a denied cell is a failure: that asymmetry is the judge's business, not this file's.
//!
//! `negotiated(<version>)` is the answer to a lone `ClientHello`: the server chose a version and a cipher suite. Nothing
//! was completed, so it is no `established`; but who was to be refused for what it offered was not refused, so it is let in.

use serde::{Deserialize, Serialize};

/// Where the outcomes of a caller's exchanges stand among the facts of a probe, in the order of the exchanges.
pub(crate) const EXCHANGES: [&str; 2] = [FIRST_EXCHANGE, "then.outcome"];
pub(crate) const FIRST_EXCHANGE: &str = "outcome";

/// What became of one attempt, spelled as in scenario files: `reset`, `tls-alert(unknown_ca)`, `http-denied(403)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Outcome {
    ClientRejectedServer(String),
    ClosedEarly,
    ConnectRefused,
    ConnectTimeout,
    DnsFail,
    Established,
    GrpcDenied(u16),
    Hang,
    HarnessError,
    HttpDenied(u16),
    /// `1.0` to `1.3`, as the server chose it.
    Negotiated(String),
    NoIdentity,
    PlaintextAccepted,
    ProxyError(String),
    Reset,
    TlsAlert(String),
}

/// Every outcome as authors spell it, with its argument's name.
pub const WORDS: [&str; 16] = [
    "established",
    "plaintext-accepted",
    "negotiated(<version>)",
    "reset",
    "closed-early",
    "tls-alert(<name>)",
    "http-denied(<code>)",
    "grpc-denied(<code>)",
    "client-rejected-server(<reason>)",
    "proxy-error(<flag>)",
    "connect-refused",
    "connect-timeout",
    "dns-fail",
    "hang",
    "no-identity",
    "harness-error",
];

/// Versions that a scenario may expect to be negotiated.
pub const VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

/// Names of TLS alerts: RFC 8446 section 6 and RFC 5246 section 7.2.
pub const ALERTS: [&str; 29] = [
    "access_denied",
    "bad_certificate",
    "bad_certificate_status_response",
    "bad_record_mac",
    "certificate_expired",
    "certificate_required",
    "certificate_revoked",
    "certificate_unknown",
    "close_notify",
    "decode_error",
    "decompression_failure",
    "decrypt_error",
    "handshake_failure",
    "illegal_parameter",
    "inappropriate_fallback",
    "insufficient_security",
    "internal_error",
    "missing_extension",
    "no_application_protocol",
    "no_renegotiation",
    "protocol_version",
    "record_overflow",
    "unexpected_message",
    "unknown_ca",
    "unknown_psk_identity",
    "unrecognized_name",
    "unsupported_certificate",
    "unsupported_extension",
    "user_canceled",
];

/// Why a client refuses a server, in the reference client's words.
pub const REASONS: [&str; 15] = [
    "expired",
    "not-yet-valid",
    "unknown-issuer",
    "wrong-name",
    "wrong-id",
    "wrong-purpose",
    "bad-signature",
    "bad-encoding",
    "revoked",
    "unsupported-signature",
    "unhandled-critical-extension",
    "not-acceptable",
    "not-tls",
    "incompatible",
    "misbehaved",
];

impl Outcome {
    /// Whether the server let the caller in, authenticated or not, or went along with what it offered.
    pub fn let_in(&self) -> bool {
        matches!(self, Self::Established | Self::Negotiated(_) | Self::PlaintextAccepted)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClientRejectedServer(why) => write!(f, "client-rejected-server({why})"),
            Self::ClosedEarly => f.write_str("closed-early"),
            Self::ConnectRefused => f.write_str("connect-refused"),
            Self::ConnectTimeout => f.write_str("connect-timeout"),
            Self::DnsFail => f.write_str("dns-fail"),
            Self::Established => f.write_str("established"),
            Self::GrpcDenied(code) => write!(f, "grpc-denied({code})"),
            Self::Hang => f.write_str("hang"),
            Self::HarnessError => f.write_str("harness-error"),
            Self::HttpDenied(code) => write!(f, "http-denied({code})"),
            Self::Negotiated(version) => write!(f, "negotiated({version})"),
            Self::NoIdentity => f.write_str("no-identity"),
            Self::PlaintextAccepted => f.write_str("plaintext-accepted"),
            Self::ProxyError(flag) => write!(f, "proxy-error({flag})"),
            Self::Reset => f.write_str("reset"),
            Self::TlsAlert(name) => write!(f, "tls-alert({name})"),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}

/// A word that names no outcome of the closed set.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "`{0}` is not an outcome; the set is closed: established, plaintext-accepted, negotiated(<version>), reset, closed-early, tls-alert(<name>), http-denied(<code>), grpc-denied(<code>), client-rejected-server(<reason>), proxy-error(<flag>), connect-refused, connect-timeout, dns-fail, hang, no-identity, harness-error"
)]
pub struct NotAnOutcome(pub String);

impl TryFrom<String> for Outcome {
    type Error = NotAnOutcome;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        let (name, argument) = match word.strip_suffix(')').and_then(|head| head.split_once('(')) {
            Some((name, argument)) => (name, Some(argument)),
            None => (word.as_str(), None),
        };
        Ok(match (name, argument) {
            ("client-rejected-server", Some(why)) => Self::ClientRejectedServer(why.to_owned()),
            ("closed-early", None) => Self::ClosedEarly,
            ("connect-refused", None) => Self::ConnectRefused,
            ("connect-timeout", None) => Self::ConnectTimeout,
            ("dns-fail", None) => Self::DnsFail,
            ("established", None) => Self::Established,
            ("grpc-denied", Some(code)) => Self::GrpcDenied(code.parse().map_err(|_| NotAnOutcome(word.clone()))?),
            ("hang", None) => Self::Hang,
            ("harness-error", None) => Self::HarnessError,
            ("http-denied", Some(code)) => Self::HttpDenied(code.parse().map_err(|_| NotAnOutcome(word.clone()))?),
            ("negotiated", Some(version)) => Self::Negotiated(version.to_owned()),
            ("no-identity", None) => Self::NoIdentity,
            ("plaintext-accepted", None) => Self::PlaintextAccepted,
            ("proxy-error", Some(flag)) => Self::ProxyError(flag.to_owned()),
            ("reset", None) => Self::Reset,
            ("tls-alert", Some(name)) => Self::TlsAlert(name.to_owned()),
            _ => return Err(NotAnOutcome(word)),
        })
    }
}
