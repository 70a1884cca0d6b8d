//! The facts of a certificate, as plain values for JSON lines and comparisons.
//!
//! Only parses. Whether a certificate is trusted is decided in `connection::verify`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The facts of one leaf. The serial is lower-case hexadecimal of the magnitude, without colons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafFacts {
    /// The only URI SAN if it has the `spiffe` scheme; `None` when there are none or several.
    pub spiffe_id: Option<String>,
    /// All URI SANs.
    pub uris: Vec<String>,
    /// All DNS SANs.
    pub dns: Vec<String>,
    pub serial: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub issuer: String,
}

/// Why bytes are not a certificate.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not an X.509 certificate: {0}")]
pub struct NotACertificate(String);

impl LeafFacts {
    /// Parses one DER certificate.
    ///
    /// # Errors
    /// When the bytes are not a certificate or its dates are out of range.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self, NotACertificate> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| NotACertificate(error.to_string()))?;
        let (uris, dns) = names(&certificate)?;
        let spiffe_id = match uris.as_slice() {
            [only] if only.starts_with("spiffe://") => Some(only.clone()),
            _ => None,
        };
        let validity = certificate.validity();
        Ok(Self {
            spiffe_id,
            uris,
            dns,
            serial: hexadecimal(certificate.raw_serial()),
            not_before: instant(validity.not_before.timestamp())?,
            not_after: instant(validity.not_after.timestamp())?,
            issuer: certificate.issuer().to_string(),
        })
    }
}

/// The PEM text of one public certificate.
#[must_use]
pub fn to_pem(der: &CertificateDer<'_>) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so any index is a character boundary.
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn names(certificate: &X509Certificate<'_>) -> Result<(Vec<String>, Vec<String>), NotACertificate> {
    let extension = certificate.subject_alternative_name().map_err(|error| NotACertificate(error.to_string()))?;
    let (mut uris, mut dns) = (Vec::new(), Vec::new());
    for name in extension.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
            GeneralName::DNSName(name) => dns.push((*name).to_owned()),
            _ => {}
        }
    }
    Ok((uris, dns))
}

fn hexadecimal(serial: &[u8]) -> String {
    // DER puts a zero byte before a magnitude whose top bit is set.
    let magnitude = match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let mut text = String::with_capacity(magnitude.len() * 2);
    for byte in magnitude {
        for nibble in [byte >> 4, byte & 0x0f] {
            // A nibble is below 16, so it is always a digit of base 16.
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

fn instant(seconds: i64) -> Result<Timestamp, NotACertificate> {
    Timestamp::from_second(seconds).map_err(|error| NotACertificate(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_lower_case_without_the_sign_byte() {
        assert_eq!(hexadecimal(&[0, 0xab, 0x01]), "ab01");
        assert_eq!(hexadecimal(&[0x0a]), "0a");
        assert_eq!(hexadecimal(&[0]), "00");
    }
}
