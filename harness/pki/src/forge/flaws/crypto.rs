//! Keys and signatures.

use super::{
    super::{
        ForgeError,
        der::{BIT_STRING, Node},
        document::{Document, KEY_INFO},
        legacy::Legacy,
        recipe::{Key, Signature},
    },
    Flaw,
};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("bad-signature", |recipe| recipe.signature = Signature::OverOtherBytes),
    Flaw::new("stolen-cert-wrong-key", |recipe| recipe.key = Key::Another),
    Flaw::legacy("ecdsa-sha1-signature", Legacy::EcdsaSha1),
    Flaw::legacy("rsa-1024-key", Legacy::Rsa1024),
    Flaw::legacy("rsa-2048-key", Legacy::Rsa2048),
    Flaw::new("spki-p256-point-off-curve", |recipe| recipe.edit = Some(off_curve)),
];

/// Flips one bit of the public point's second coordinate.
fn off_curve(leaf: &mut Document) -> Result<(), ForgeError> {
    let info = leaf.fields()[KEY_INFO].items_mut().ok_or(ForgeError::Shape)?;
    let Some(Node::Primitive { tag: BIT_STRING, body }) = info.get_mut(1) else { return Err(ForgeError::Shape) };
    let last = body.last_mut().ok_or(ForgeError::Shape)?;
    *last ^= 1;
    Ok(())
}
