//! Ephemeral certificates: an untrusted root, and requests for the mesh's own issuer.

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use time::{Duration, OffsetDateTime};

use super::profile;

/// A chain with its key, for a probe's standard input.
pub struct Material {
    /// PEM, leaf first.
    pub chain: String,
    key: String,
}

/// A key or certificate that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    #[error("make a certificate")]
    Rcgen(#[from] rcgen::Error),
}

/// An ephemeral, untrusted root.
pub struct RogueRoot {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl RogueRoot {
    /// # Errors
    ///
    /// When the key cannot be generated.
    pub fn new(common_name: &str) -> Result<Self, MintError> {
        let mut parameters = profile::ca(common_name);
        short_lived(&mut parameters);
        Ok(Self { issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)? })
    }

    /// The root's own certificate, PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A client leaf that is valid except for its root.
    ///
    /// # Errors
    ///
    /// When `spiffe` is not an IA5 string or the key cannot be generated.
    pub fn client(&self, spiffe: &str) -> Result<Material, MintError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = client_parameters(spiffe)?.signed_by(&key, &self.issuer)?;
        Ok(Material { chain: format!("{}{}", certificate.pem(), self.issuer.pem()), key: key.serialize_pem() })
    }
}

impl Material {
    /// Combines an issued chain with the key of its request.
    pub fn new(chain: String, key: String) -> Self {
        Self { chain, key }
    }

    /// PEM of the private key: hand it to a probe, never to a file.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A certificate signing request (PKCS#10, RFC 2986) for a client with this URI SAN: PEM request and PEM key.
///
/// # Errors
///
/// As for [`RogueRoot::client`].
pub fn request_for(spiffe: &str) -> Result<(String, String), MintError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut parameters = client_parameters(spiffe)?;
    parameters.is_ca = IsCa::NoCa;
    let request = parameters.serialize_request(&key)?;
    Ok((request.pem()?, key.serialize_pem()))
}

fn client_parameters(spiffe: &str) -> Result<CertificateParams, MintError> {
    let mut parameters = profile::leaf("client");
    parameters.subject_alt_names = vec![SanType::URI(spiffe.try_into()?)];
    short_lived(&mut parameters);
    Ok(parameters)
}

/// Valid from an hour ago, for slow clocks, for a day from now: longer than any run.
fn short_lived(parameters: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    parameters.not_before = now - Duration::hours(1);
    parameters.not_after = now + Duration::days(1);
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RogueRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RogueRoot").finish_non_exhaustive()
    }
}
