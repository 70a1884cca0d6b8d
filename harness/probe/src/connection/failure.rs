//! Maps errors to the closed set of endings of an attempt; the only code that does.
//!
//! A reset is not an alert, an end of stream is not a reset, and the probe's own refusal of a server is neither. An
//! error that cannot be classified is `error`, never guessed.

use std::io;
use std::time::Duration;

use mtls_protocol::outcome::{Alert, Ended, Stage};
use rustls::{AlertDescription, CertificateError};

use super::alert;

/// Why an attempt has no answer.
#[derive(Clone, Debug)]
pub struct Failure {
    pub stage: Stage,
    pub ended: Ended,
    pub alert: Option<Alert>,
    /// Why the probe refused the server, in one word.
    pub reason: Option<&'static str>,
    pub message: String,
}

impl Failure {
    #[must_use]
    pub fn new(stage: Stage, ended: Ended, message: impl Into<String>) -> Self {
        Self { stage, ended, alert: None, reason: None, message: message.into() }
    }

    #[must_use]
    pub fn timeout(stage: Stage, limit: Duration, awaited: &str) -> Self {
        Self::new(stage, Ended::Timeout, format!("{awaited} not seen within {} ms", limit.as_millis()))
    }

    /// The failure for a received alert.
    #[must_use]
    pub fn from_alert(stage: Stage, alert: Alert) -> Self {
        let message = format!("received alert {} ({})", alert.name, alert.code);
        Self { stage, ended: Ended::AlertReceived, alert: Some(alert), reason: None, message }
    }

    /// Classifies an error of a socket or a TLS session.
    #[must_use]
    pub fn from_io(stage: Stage, error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::from_tls(stage, tls);
        }
        let ended = match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => {
                Ended::Reset
            }
            io::ErrorKind::ConnectionRefused => Ended::Refused,
            io::ErrorKind::TimedOut => Ended::Timeout,
            io::ErrorKind::UnexpectedEof => Ended::Eof,
            _ => Ended::Error,
        };
        Self::new(stage, ended, error.to_string())
    }

    fn from_tls(stage: Stage, error: &rustls::Error) -> Self {
        let sent = |description: Option<AlertDescription>, reason: &'static str| Self {
            stage,
            ended: Ended::AlertSent,
            alert: description.map(alert::sent),
            reason: Some(reason),
            message: error.to_string(),
        };
        match error {
            rustls::Error::AlertReceived(description) => Self::from_alert(stage, alert::received(*description)),
            rustls::Error::InvalidCertificate(problem) => {
                sent(Some(AlertDescription::from(problem.clone())), certificate_reason(problem))
            }
            rustls::Error::InvalidMessage(problem) => sent(Some(AlertDescription::from(*problem)), "not-tls"),
            rustls::Error::NoCertificatesPresented => sent(None, "no-certificate"),
            rustls::Error::PeerIncompatible(_) => sent(None, "incompatible"),
            rustls::Error::PeerMisbehaved(_) => sent(None, "misbehaved"),
            _ => Self::new(stage, Ended::Error, error.to_string()),
        }
    }
}

/// One word for the defect of a certificate.
fn certificate_reason(problem: &CertificateError) -> &'static str {
    match problem {
        // Only the SPIFFE ID check of this crate returns this error.
        CertificateError::ApplicationVerificationFailure => "wrong-id",
        CertificateError::BadEncoding => "bad-encoding",
        CertificateError::BadSignature => "bad-signature",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "wrong-purpose",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "wrong-name",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not-yet-valid",
        CertificateError::Revoked => "revoked",
        CertificateError::UnhandledCriticalExtension => "unhandled-critical-extension",
        CertificateError::UnknownIssuer => "unknown-issuer",
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => "unsupported-signature",
        _ => "not-acceptable",
    }
}
