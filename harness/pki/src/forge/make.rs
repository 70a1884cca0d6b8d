//! Makes the certificates and the key of a recipe.

use rcgen::{CertificateParams, CertifiedIssuer, Issuer, KeyPair, OtherNameValue, PKCS_ECDSA_P256_SHA256, SanType};
use rustls_pki_types::CertificateDer;

use super::{
    Flaw,
    document::Document,
    error::ForgeError,
    flaws::Making,
    legacy,
    presented::{Issuers, Presented},
    recipe::{BACKDATING, CA_LIFETIME, Key, Name, Recipe, Signature, Subject, Trust, ca},
};
use crate::IssuingCa;

/// Makes a chain with this flaw, issued by `authority` unless the flaw changes the issuer.
///
/// # Errors
///
/// When a key cannot be generated, a name cannot be encoded, or this build lacks a feature that the flaw needs.
pub fn forge(authority: &IssuingCa, subject: &Subject<'_>, flaw: &Flaw) -> Result<Presented, ForgeError> {
    let mut recipe = Recipe::sound(subject, authority.chain().len())?;
    match flaw.making {
        Making::Recipe(introduce) => {
            introduce(&mut recipe);
            from_recipe(authority, &recipe)
        }
        Making::Legacy(make) => {
            let present = recipe.present;
            let issuers = issuers(authority, &recipe)?;
            let mut presented = legacy::present(make, &parameters(&recipe)?, &issuers)?;
            present(&mut presented.chain);
            Ok(presented)
        }
    }
}

fn from_recipe(authority: &IssuingCa, recipe: &Recipe) -> Result<Presented, ForgeError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let parameters = parameters(recipe)?;
    let mut chain = if recipe.trust == Trust::SelfSigned {
        vec![parameters.self_signed(&key)?.der().to_vec()]
    } else {
        let issuers = issuers(authority, recipe)?;
        let certificate = parameters.signed_by(&key, &issuers.nearest)?;
        let mut leaf = Document::parse(certificate.der())?;
        if let Some(edit) = recipe.edit {
            edit(&mut leaf)?;
            leaf.sign(issuers.nearest.key())?;
        }
        if recipe.signature == Signature::OverOtherBytes {
            leaf.sign_over(b"not this certificate", issuers.nearest.key())?;
        }
        [vec![leaf.encode()], issuers.chain].concat()
    };
    (recipe.present)(&mut chain);
    let key = match recipe.key {
        Key::Own => key,
        Key::Another => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
    };
    Ok(Presented { chain, key_pkcs8: key.serialize_der() })
}

fn issuers(authority: &IssuingCa, recipe: &Recipe) -> Result<Issuers, ForgeError> {
    let mut issuers = match recipe.trust {
        Trust::Ours | Trust::SelfSigned => Issuers { nearest: authority.issuer()?, chain: authority.chain().to_vec() },
        Trust::Unknown => {
            let mut root = ca("corpus unknown root");
            (root.not_before, root.not_after) = (recipe.now - BACKDATING, recipe.now + CA_LIFETIME);
            let root = CertifiedIssuer::self_signed(root, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?;
            below(&root, recipe.ca(1))?
        }
        Trust::SameName => {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let issuer = Issuer::from_ca_cert_der(&CertificateDer::from(authority.root()), key)?;
            below(&issuer, recipe.ca(1))?
        }
    };
    for parameters in &recipe.between {
        let next = below(&issuers.nearest, parameters.clone())?;
        issuers = Issuers { nearest: next.nearest, chain: [next.chain, issuers.chain].concat() };
    }
    Ok(issuers)
}

/// A new CA that this issuer signs, and its certificate.
fn below(issuer: &Issuer<'_, KeyPair>, parameters: CertificateParams) -> Result<Issuers, ForgeError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = parameters.signed_by(&key, issuer)?;
    Ok(Issuers { chain: vec![certificate.der().to_vec()], nearest: Issuer::new(parameters, key) })
}

fn parameters(recipe: &Recipe) -> Result<CertificateParams, ForgeError> {
    let mut parameters = recipe.leaf.clone();
    for name in &recipe.names {
        parameters.subject_alt_names.push(match name {
            Name::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
            Name::Other(text) => SanType::OtherName((OTHER_NAME.to_vec(), OtherNameValue::Utf8String(text.clone()))),
            Name::Uri(uri) => SanType::URI(uri.as_str().try_into()?),
        });
    }
    Ok(parameters)
}

/// An unassigned identifier under the arc for examples (RFC 5612).
const OTHER_NAME: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];
