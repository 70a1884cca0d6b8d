//! The facts of a certificate, for scenarios and reports. Public parts only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{AccessDescription, GeneralName, ParsedExtension},
    oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP,
    prelude::FromDer,
    public_key::PublicKey,
};

/// Facts of one certificate (RFC 5280).
///
/// # Errors
///
/// The parser's message, when the bytes are no certificate.
pub fn certificate_facts(der: &[u8]) -> Result<Value, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
    let validity = certificate.validity();
    let seconds = validity.not_after.timestamp() - validity.not_before.timestamp();
    let mut facts = BTreeMap::from([
        ("subject", json!(certificate.subject().to_string())),
        ("issuer", json!(certificate.issuer().to_string())),
        ("serial", json!(serial(certificate.raw_serial()))),
        ("serial-bits", json!(certificate.serial.bits())),
        ("not-before", json!(instant(validity.not_before.timestamp()))),
        ("not-after", json!(instant(validity.not_after.timestamp()))),
        ("lifetime", json!(format!("{seconds}s"))),
        ("self-issued", json!(certificate.subject() == certificate.issuer())),
        ("self-signed", json!(certificate.verify_signature(None).is_ok())),
        ("signature", json!(signature_name(&certificate.signature_algorithm.algorithm.to_id_string()))),
        ("key", key(&certificate)),
        ("fingerprint", json!(hex::encode(Sha256::digest(der)))),
        ("is-ca", json!(false)),
    ]);
    let (mut dns, mut uris, mut others) = (Vec::new(), Vec::new(), 0);
    let mut revocation = BTreeSet::new();
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                facts.insert("is-ca", json!(constraints.ca));
                facts.insert("basic-constraints-critical", json!(extension.critical));
                if let Some(length) = constraints.path_len_constraint {
                    facts.insert("path-length", json!(length));
                }
            }
            ParsedExtension::KeyUsage(usage) => {
                let named: Vec<String> = usage.to_string().split(", ").map(kebab).collect();
                facts.insert("key-usage", json!(named));
                facts.insert("key-usage-critical", json!(extension.critical));
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let known = [
                    ("server-auth", usage.server_auth),
                    ("client-auth", usage.client_auth),
                    ("any", usage.any),
                    ("email-protection", usage.email_protection),
                ];
                let named: Vec<&str> = known.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect();
                facts.insert("extended-key-usage", json!(named));
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                for name in &names.general_names {
                    match name {
                        GeneralName::DNSName(text) => dns.push((*text).to_owned()),
                        GeneralName::URI(text) => uris.push((*text).to_owned()),
                        _ => others += 1,
                    }
                }
            }
            ParsedExtension::CRLDistributionPoints(_) => {
                revocation.insert("crl");
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let responder = |one: &AccessDescription<'_>| one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_OCSP;
                revocation.extend(access.accessdescs.iter().any(responder).then_some("ocsp"));
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                facts.insert("subject-key-id", json!(hex::encode(id.0)));
            }
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                if let Some(id) = &id.key_identifier {
                    facts.insert("authority-key-id", json!(hex::encode(id.0)));
                }
            }
            _ => {}
        }
    }
    // Revocation sources of RFC 5280, 4.2.1.13 and 4.2.2.1. Without one, the certificate is valid until `notAfter`.
    facts.insert("revocation", json!(revocation));
    facts.insert("san", json!({"dns": dns, "uri": uris, "others": others}));
    Ok(json!(facts))
}

/// A serial number as both ends of a connection log it: without the leading zero that DER adds to a set high bit.
fn serial(raw: &[u8]) -> String {
    hex::encode(match raw {
        [0, rest @ ..] if !rest.is_empty() => rest,
        whole => whole,
    })
}

/// Facts of a chain: the leaf, its length, and whether each certificate is followed by its issuer.
///
/// # Errors
///
/// The parser's message for the first certificate that cannot be read.
pub fn chain_facts(chain: &[Vec<u8>]) -> Result<Value, String> {
    let all = chain.iter().map(|der| certificate_facts(der)).collect::<Result<Vec<_>, _>>()?;
    let roots = all.iter().filter(|facts| facts["self-signed"] == true).count();
    let linked = all.windows(2).all(|pair| {
        pair[0]["issuer"] == pair[1]["subject"]
            && (pair[0]["authority-key-id"] == pair[1]["subject-key-id"] || pair[0]["authority-key-id"].is_null())
    });
    Ok(
        json!({"leaf": all.first(), "chain": {"length": all.len(), "roots": roots, "in-order": linked, "certificates": all}}),
    )
}

fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds}s since 1970"), |at| at.to_string())
}

fn key(certificate: &X509Certificate<'_>) -> Value {
    match certificate.public_key().parsed() {
        Ok(PublicKey::EC(point)) => json!({"algorithm": "ecdsa", "size": point.key_size()}),
        Ok(PublicKey::RSA(key)) => json!({"algorithm": "rsa", "size": key.key_size()}),
        _ => json!({"algorithm": certificate.public_key().algorithm.algorithm.to_id_string()}),
    }
}

/// RFC 5758 and RFC 8017 names of the signature algorithms that occur; the OID otherwise.
fn signature_name(oid: &str) -> String {
    match oid {
        "1.2.840.10045.4.3.2" => "ecdsa-with-sha256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-sha384",
        "1.2.840.10045.4.1" => "ecdsa-with-sha1",
        "1.2.840.113549.1.1.11" => "rsa-with-sha256",
        "1.2.840.113549.1.1.5" => "rsa-with-sha1",
        other => other,
    }
    .to_owned()
}

fn kebab(words: &str) -> String {
    words.trim().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RogueRoot;

    #[test]
    fn a_client_certificate_has_the_requested_facts() {
        let root = RogueRoot::new("rogue").unwrap();
        let material = root.client("spiffe://x/ns/a/sa/b").unwrap();
        let chain = crate::certificates(material.chain.as_bytes()).unwrap();
        let facts = chain_facts(&chain).unwrap();
        assert_eq!(facts["leaf"]["san"]["uri"], json!(["spiffe://x/ns/a/sa/b"]));
        assert_eq!(facts["leaf"]["is-ca"], false);
        assert_eq!(facts["leaf"]["key"], json!({"algorithm": "ecdsa", "size": 256}));
        assert_eq!(facts["leaf"]["extended-key-usage"], json!(["server-auth", "client-auth"]));
        assert_eq!(facts["leaf"]["key-usage"], json!(["digital-signature"]));
        assert_eq!(facts["leaf"]["self-signed"], false);
        assert_eq!(facts["leaf"]["revocation"], json!([]));
    }

    #[test]
    fn revocation_sources_are_facts() {
        let mut parameters = rcgen::CertificateParams::default();
        let responder = |method: u8| {
            // AuthorityInfoAccess with one description (RFC 5280, 4.2.2.1): 48.1 is OCSP, 48.2 where the issuer's
            // certificate is.
            let mut der =
                vec![0x30, 0x18, 0x30, 0x16, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, method, 0x86, 0x0a];
            der.extend(b"http://o.x");
            rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], der)
        };
        let named = |parameters: &rcgen::CertificateParams| {
            let key = rcgen::KeyPair::generate().unwrap();
            certificate_facts(parameters.self_signed(&key).unwrap().der()).unwrap()["revocation"].clone()
        };
        parameters.custom_extensions = vec![responder(2)];
        assert_eq!(named(&parameters), json!([]));
        parameters.custom_extensions = vec![responder(1)];
        assert_eq!(named(&parameters), json!(["ocsp"]));
        parameters.crl_distribution_points =
            vec![rcgen::CrlDistributionPoint { uris: vec!["http://c.x/list".to_owned()] }];
        assert_eq!(named(&parameters), json!(["crl", "ocsp"]));
    }
}
