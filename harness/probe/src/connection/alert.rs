//! TLS alerts with their IANA names.
//!
//! <https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-6>

use mtls_protocol::outcome::{Alert, Direction};
use rustls::AlertDescription;

/// An alert from the server.
#[must_use]
pub fn received(description: AlertDescription) -> Alert {
    of_code(u8::from(description), Direction::Received)
}

/// An alert from this probe.
#[must_use]
pub fn sent(description: AlertDescription) -> Alert {
    of_code(u8::from(description), Direction::Sent)
}

/// Parses an unencrypted alert record, which TLS servers send in answer to plaintext.
#[must_use]
pub fn from_record(bytes: &[u8]) -> Option<Alert> {
    match bytes {
        [21, 3, 0..=4, 0, 2, 1..=2, code, ..] => Some(of_code(*code, Direction::Received)),
        _ => None,
    }
}

fn of_code(code: u8, direction: Direction) -> Alert {
    Alert { name: name(code).to_owned(), code, direction }
}

fn name(code: u8) -> &'static str {
    match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        117 => "general_error",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => "unassigned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_record_is_recognised_and_other_bytes_are_not() {
        let alert = from_record(&[21, 3, 3, 0, 2, 2, 50]).unwrap();
        assert_eq!((alert.name.as_str(), alert.code), ("decode_error", 50));
        for bytes in [&b"HTTP/1.1 200"[..], &[21, 3, 3, 0, 2, 2], &[22, 3, 3, 0, 2, 2, 50], &[]] {
            assert_eq!(from_record(bytes), None);
        }
    }

    #[test]
    fn names_agree_with_the_tls_library() {
        let pairs = [
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::CertificateExpired, "certificate_expired"),
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::AccessDenied, "access_denied"),
            (AlertDescription::ProtocolVersion, "protocol_version"),
            (AlertDescription::NoApplicationProtocol, "no_application_protocol"),
        ];
        for (description, expected) in pairs {
            assert_eq!(received(description).name, expected);
        }
    }
}
