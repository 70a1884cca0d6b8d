//! The harness's own hierarchy, with the profile of the reference document: root 10 years, intermediate 1 year, leaves
//! 30 days.
//!
//! For worlds without an issuer. Keys stay in memory and in the volumes of the workloads that use them.

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use time::{Duration, OffsetDateTime};

use super::{
    issuing::{IssuingCa, IssuingError},
    profile,
    rogue::{Material, MintError},
};

/// Root and Intermediate; the Intermediate signs.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// The properties of a leaf to issue.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// The only URI SAN.
    pub spiffe: &'a str,
    pub dns: &'a [String],
    /// From now; `notBefore` is ten seconds earlier, as SPIRE dates its SVIDs.
    pub lifetime: Duration,
}

/// The lifetime of leaves in the reference document: 30 days.
pub const LEAF_LIFETIME: Duration = Duration::days(30);
const ROOT_LIFETIME: Duration = Duration::hours(87_600);
const INTERMEDIATE_LIFETIME: Duration = Duration::hours(8_760);
const BACKDATING: Duration = Duration::seconds(10);

impl Authority {
    /// A fresh hierarchy.
    ///
    /// # Errors
    ///
    /// When a key cannot be generated.
    pub fn generate() -> Result<Self, MintError> {
        Self::named("mtls-e2e")
    }

    /// A fresh hierarchy with another name: with the name of a trusted one it would test a forged issuer, not an
    /// unknown one.
    ///
    /// # Errors
    ///
    /// When a key cannot be generated.
    pub fn named(name: &str) -> Result<Self, MintError> {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256);
        let root = CertifiedIssuer::self_signed(ca(&format!("{name} root"), ROOT_LIFETIME), key()?)?;
        let intermediate =
            CertifiedIssuer::signed_by(ca(&format!("{name} intermediate"), INTERMEDIATE_LIFETIME), key()?, &root)?;
        Ok(Self { root, intermediate })
    }

    /// The trust anchor, PEM.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The intermediate as a CA for the forge.
    ///
    /// # Errors
    ///
    /// When its own certificates cannot be read back.
    pub fn issuing(&self) -> Result<IssuingCa, IssuingError> {
        IssuingCa::new(&self.root.pem(), &self.intermediate.pem(), &self.intermediate.key().serialize_pem())
    }

    /// A leaf with a key of its own, followed by the Intermediate.
    ///
    /// # Errors
    ///
    /// When a name is not an IA5 string or the key cannot be generated.
    pub fn issue(&self, leaf: &Leaf<'_>) -> Result<Material, MintError> {
        self.issue_from(leaf, Duration::ZERO)
    }

    /// As [`Authority::issue`], with a lifetime that begins at now plus `start`; a negative `start` makes an expired
    /// leaf.
    ///
    /// # Errors
    ///
    /// As [`Authority::issue`].
    pub fn issue_from(&self, leaf: &Leaf<'_>, start: Duration) -> Result<Material, MintError> {
        let mut parameters = profile::leaf("workload");
        parameters.subject_alt_names = vec![SanType::URI(leaf.spiffe.try_into()?)];
        for name in leaf.dns {
            parameters.subject_alt_names.push(SanType::DnsName(name.as_str().try_into()?));
        }
        parameters.use_authority_key_identifier_extension = true;
        lasting(&mut parameters, start, leaf.lifetime);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = parameters.signed_by(&key, &self.intermediate)?;
        Ok(Material::new(format!("{}{}", certificate.pem(), self.intermediate.pem()), key.serialize_pem()))
    }
}

fn ca(common_name: &str, lifetime: Duration) -> CertificateParams {
    let mut parameters = profile::ca(common_name);
    parameters.use_authority_key_identifier_extension = true;
    lasting(&mut parameters, Duration::ZERO, lifetime);
    parameters
}

fn lasting(parameters: &mut CertificateParams, start: Duration, lifetime: Duration) {
    let start = OffsetDateTime::now_utc() + start;
    parameters.not_before = start - BACKDATING;
    parameters.not_after = start + lifetime;
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{Purpose, certificates, chain_facts, key_matches, validate};

    #[test]
    fn a_leaf_has_the_profile_of_the_reference_document() {
        let authority = Authority::generate().unwrap();
        let spiffe = "spiffe://x0tta6bl4.mesh/ns/a/sa/b";
        let leaf = Leaf { spiffe, dns: &["b.a.svc".to_owned()], lifetime: LEAF_LIFETIME };
        let material = authority.issue(&leaf).unwrap();
        let chain = certificates(material.chain.as_bytes()).unwrap();
        let root = certificates(authority.root_pem().as_bytes()).unwrap();
        let now = Timestamp::now().as_second();
        assert_eq!(validate(&chain, &root, Purpose::ClientAuth, now), Ok(()));
        assert_eq!(validate(&chain, &root, Purpose::ServerAuth, now), Ok(()));
        assert_eq!(key_matches(&chain[0], material.key()), Ok(true));
        let facts = chain_facts(&chain).unwrap();
        assert_eq!(facts["leaf"]["san"]["uri"], serde_json::json!([spiffe]));
        assert_eq!(facts["leaf"]["lifetime"], format!("{}s", 30 * 86_400 + 10));
        assert_eq!(facts["leaf"]["key-usage-critical"], true);
    }
}
