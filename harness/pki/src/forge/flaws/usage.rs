//! Allowed use of a leaf: key usage, extended key usage, CA flag (RFC 5280 sections 4.2.1.3, 4.2.1.9, 4.2.1.12).

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::{
    super::{
        ForgeError,
        der::Node,
        document::{Document, is},
    },
    Flaw,
};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("eku-server-only", |recipe| recipe.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
    Flaw::new("eku-client-only", |recipe| recipe.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
    Flaw::new("eku-code-signing", |recipe| {
        recipe.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    }),
    Flaw::new("eku-any", |recipe| recipe.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]),
    Flaw::new("eku-empty-sequence", |recipe| {
        recipe.edit = Some(|leaf| leaf.set_extension(EXTENDED_KEY_USAGE, Node::sequence([]).encode()));
    }),
    Flaw::new("eku-absent", |recipe| recipe.leaf.extended_key_usages.clear()),
    Flaw::new("ku-absent", |recipe| recipe.leaf.key_usages.clear()),
    Flaw::new("ku-not-critical", |recipe| recipe.edit = Some(uncritical_key_usage)),
    Flaw::new("ku-no-digital-signature", |recipe| recipe.leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
    Flaw::new("ku-leaf-cert-sign", |recipe| recipe.leaf.key_usages.push(KeyUsagePurpose::KeyCertSign)),
    Flaw::new("leaf-is-ca", |recipe| recipe.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
    // Both properties only occur together: a CA certificate used as a leaf.
    Flaw::new("leaf-is-ca-cert-sign", |recipe| {
        recipe.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        recipe.leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    }),
    Flaw::new("leaf-is-ca-cert-sign-only", |recipe| {
        recipe.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        recipe.leaf.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    }),
];

/// The same key usage, not marked critical.
fn uncritical_key_usage(leaf: &mut Document) -> Result<(), ForgeError> {
    let extensions = leaf.extensions()?;
    let usage = extensions.iter_mut().find(|extension| is(extension, KEY_USAGE)).ok_or(ForgeError::Shape)?;
    let parts = usage.items_mut().filter(|parts| parts.len() == 3).ok_or(ForgeError::Shape)?;
    parts.remove(1);
    Ok(())
}

/// 2.5.29.37
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// 2.5.29.15
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
