//! The recipe of a certificate: valid at first, until a flaw changes it.

use rcgen::{CertificateParams, CustomExtension};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{document::Document, error::ForgeError};
use crate::{LEAF_LIFETIME, profile};

/// The role of the peer that presents the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Client,
    Server,
}

/// The subject of a certificate.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    pub side: Side,
    /// The only URI SAN, unless the flaw changes it.
    pub spiffe: &'a str,
    /// The instant to which validity is relative, in seconds since 1970.
    pub now: i64,
}

/// A change to the DER of a valid leaf.
pub(super) type Edit = fn(&mut Document) -> Result<(), ForgeError>;

/// The properties of a presented chain that a flaw may change.
pub(super) struct Recipe {
    pub(super) leaf: CertificateParams,
    pub(super) names: Vec<Name>,
    /// CAs between the issuing CA and the leaf, the highest first.
    pub(super) between: Vec<CertificateParams>,
    pub(super) trust: Trust,
    /// Changes the leaf before its final signature.
    pub(super) edit: Option<Edit>,
    pub(super) signature: Signature,
    pub(super) key: Key,
    /// Changes the entries that are sent, leaf first.
    pub(super) present: fn(&mut Vec<Vec<u8>>),
    pub(super) now: OffsetDateTime,
    /// Number of CAs from the anchor's child to the issuing CA.
    pub(super) above: usize,
}

/// A subject alternative name.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Dns(String),
    /// A SPIFFE ID as an `otherName`, which verifiers must ignore.
    Other(String),
    Uri(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Ours,
    SelfSigned,
    /// A root with the trusted root's name and key identifier, and another key.
    SameName,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    OverOtherBytes,
    Sound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Another,
    Own,
}

impl Recipe {
    /// A valid recipe. `above` is the number of CAs from the anchor's child to the issuing CA.
    pub(super) fn sound(subject: &Subject<'_>, above: usize) -> Result<Self, ForgeError> {
        let now = OffsetDateTime::from_unix_timestamp(subject.now).map_err(|_| ForgeError::Time(subject.now))?;
        let mut leaf = profile::leaf(match subject.side {
            Side::Client => "client",
            Side::Server => "server",
        });
        leaf.use_authority_key_identifier_extension = true;
        leaf.not_before = now - BACKDATING;
        leaf.not_after = now + LEAF_LIFETIME;
        Ok(Self {
            leaf,
            names: vec![Name::Uri(subject.spiffe.to_owned())],
            between: Vec::new(),
            trust: Trust::Ours,
            edit: None,
            signature: Signature::Sound,
            key: Key::Own,
            present: |_| (),
            now,
            above,
        })
    }

    /// Parameters of the `number`th valid CA between the issuing CA and the leaf.
    pub(super) fn ca(&self, number: usize) -> CertificateParams {
        let mut ca = ca(&format!("corpus intermediate {number}"));
        ca.not_before = self.now - BACKDATING;
        ca.not_after = self.now + CA_LIFETIME;
        ca
    }

    /// Adds a CA, changed by `with`.
    pub(super) fn under(&mut self, with: impl FnOnce(&mut CertificateParams)) {
        let mut ca = self.ca(self.between.len() + 1);
        with(&mut ca);
        self.between.push(ca);
    }

    /// Adds CAs until there are `total` between anchor and leaf.
    pub(super) fn depth(&mut self, total: usize) {
        while self.above + self.between.len() < total {
            self.under(|_| ());
        }
    }

    /// Replaces the valid URI.
    pub(super) fn uri(&mut self, uri: impl Into<String>) {
        self.names = vec![Name::Uri(uri.into())];
    }

    /// Changes the valid URI.
    pub(super) fn map_uri(&mut self, change: impl Fn(&str) -> String) {
        for name in &mut self.names {
            if let Name::Uri(uri) = name {
                *uri = change(uri);
            }
        }
    }
}

/// Parameters of a valid CA certificate, without its validity.
pub(super) fn ca(common_name: &str) -> CertificateParams {
    let mut ca = profile::ca(common_name);
    ca.use_authority_key_identifier_extension = true;
    ca
}

/// A critical extension with this object identifier.
pub(super) fn critical(oid: &[u64], content: Vec<u8>) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content);
    extension.set_criticality(true);
    extension
}

/// `notBefore` lies this far in the past, for containers whose clocks are slightly behind.
pub(super) const BACKDATING: Duration = Duration::minutes(1);
pub(super) const CA_LIFETIME: Duration = Duration::days(60);
