//! What a certificate will be made from: a sound recipe, into which a flaw is introduced.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{document::Document, error::ForgeError};
use crate::pki::LEAF_LIFETIME;

/// Who presents the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Client,
    Server,
}

/// For whom a certificate is made.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    pub side: Side,
    /// The only URI SAN, unless the flaw is about it.
    pub spiffe: &'a str,
    /// The instant to which validity is relative, seconds since 1970.
    pub now: i64,
}

/// A change to a leaf that was sound.
pub(super) type Edit = fn(&mut Document) -> Result<(), ForgeError>;

/// Everything about a presented chain that a flaw may change.
pub(super) struct Recipe {
    pub(super) leaf: CertificateParams,
    pub(super) names: Vec<Name>,
    /// CAs between the issuing one and the leaf, the highest first.
    pub(super) between: Vec<CertificateParams>,
    pub(super) trust: Trust,
    /// Changes the leaf before it is signed for the last time.
    pub(super) edit: Option<Edit>,
    pub(super) signature: Signature,
    pub(super) key: Key,
    /// Changes what is sent, leaf first.
    pub(super) present: fn(&mut Vec<Vec<u8>>),
    pub(super) now: OffsetDateTime,
    /// How many CAs stand under the anchor already.
    pub(super) above: usize,
}

/// A subject alternative name.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Dns(String),
    /// A SPIFFE ID where nobody looks for it.
    Other(String),
    Uri(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Ours,
    SelfSigned,
    /// A root with our root's name and key identifier, and another key.
    Twin,
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
    /// Nothing is wrong with it.
    pub(super) fn sound(subject: &Subject<'_>, above: usize) -> Result<Self, ForgeError> {
        let now = OffsetDateTime::from_unix_timestamp(subject.now).map_err(|_| ForgeError::Time(subject.now))?;
        let mut leaf = CertificateParams::default();
        let common_name = match subject.side {
            Side::Client => "client",
            Side::Server => "server",
        };
        leaf.distinguished_name.push(DnType::CommonName, common_name);
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
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

    /// A sound CA to put between, the `number`th.
    pub(super) fn ca(&self, number: usize) -> CertificateParams {
        let mut ca = ca(&format!("corpus intermediate {number}"));
        ca.not_before = self.now - BACKDATING;
        ca.not_after = self.now + CA_LIFETIME;
        ca
    }

    /// One more CA, changed by `with`.
    pub(super) fn under(&mut self, with: impl FnOnce(&mut CertificateParams)) {
        let mut ca = self.ca(self.between.len() + 1);
        with(&mut ca);
        self.between.push(ca);
    }

    /// As many CAs as make `total` with those that are there.
    pub(super) fn depth(&mut self, total: usize) {
        while self.above + self.between.len() < total {
            self.under(|_| ());
        }
    }

    /// This URI instead of the sound one.
    pub(super) fn uri(&mut self, uri: impl Into<String>) {
        self.names = vec![Name::Uri(uri.into())];
    }

    /// The sound URI, changed.
    pub(super) fn map_uri(&mut self, change: impl Fn(&str) -> String) {
        for name in &mut self.names {
            if let Name::Uri(uri) = name {
                *uri = change(uri);
            }
        }
    }
}

/// A sound CA certificate but for its validity.
pub(super) fn ca(common_name: &str) -> CertificateParams {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, common_name);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.use_authority_key_identifier_extension = true;
    ca
}

/// An extension by its dotted identifier.
pub(super) fn critical(oid: &[u64], content: Vec<u8>) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content);
    extension.set_criticality(true);
    extension
}

/// Clocks of one machine do not differ; those of containers may be read a moment later.
pub(super) const BACKDATING: Duration = Duration::minutes(1);
pub(super) const CA_LIFETIME: Duration = Duration::days(60);
