//! Sigstore bundles, version 0.3: an envelope, and what names the key that signed it.
//!
//! Only what this program writes is read: a public key by its hint, one signature, no log entry and no time stamp. A bundle that another
//! program wrote is for that program.

use serde::{Deserialize, Serialize};

use super::{
    envelope::{Envelope, EnvelopeError},
    key::{KeyError, PublicKey, SigningKey},
};

/// The media type of the JSON form.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The end of a bundle's file name.
pub const SUFFIX: &str = ".sigstore.json";

/// A signed statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Material {
    public_key: Named,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    hint: String,
}

/// Why a bundle is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("it is not a bundle that this program writes: {0}")]
    OtherShape(String),
    #[error("it is a `{0}`, not a `{MEDIA_TYPE}`")]
    OtherMediaType(String),
    #[error("its text was changed: the same content is spelled otherwise by this program")]
    OtherSpelling,
    #[error("its hint names another key than its signature")]
    HintDiffers,
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl Bundle {
    /// Signs a statement.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn sign(statement: &[u8], key: &SigningKey) -> Result<Self, KeyError> {
        Ok(Self {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: Material { public_key: Named { hint: key.public().hint() } },
            dsse_envelope: Envelope::sign(statement, key)?,
        })
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        // A structure of texts is always JSON.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Reads a file that [`Bundle::text`] wrote, byte for byte: no byte of it can be changed without notice.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn read(text: &[u8]) -> Result<Self, BundleError> {
        let bundle: Self = serde_json::from_slice(text).map_err(|error| BundleError::OtherShape(error.to_string()))?;
        if bundle.media_type != MEDIA_TYPE {
            return Err(BundleError::OtherMediaType(bundle.media_type));
        }
        if bundle.dsse_envelope.key_id() != Some(bundle.hint()) {
            return Err(BundleError::HintDiffers);
        }
        if bundle.text() == text { Ok(bundle) } else { Err(BundleError::OtherSpelling) }
    }

    /// The name of the key that signed it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.verification_material.public_key.hint
    }

    /// The statement, whether or not the signature is right.
    ///
    /// # Errors
    /// When the envelope has none.
    pub fn statement(&self) -> Result<Vec<u8>, BundleError> {
        Ok(self.dsse_envelope.payload()?)
    }

    /// Whether this key signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, key: &PublicKey) -> Result<(), BundleError> {
        Ok(self.dsse_envelope.verify(key)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_can_be_changed() {
        let (key, _) = SigningKey::generate().unwrap();
        let text = Bundle::sign(b"{\"a\":1}", &key).unwrap().text();
        assert_eq!(Bundle::read(&text).unwrap().verify(key.public()), Ok(()));
        for index in 0..text.len() {
            let mut changed = text.clone();
            changed[index] ^= 1;
            let verified = Bundle::read(&changed).and_then(|bundle| bundle.verify(key.public()));
            assert!(verified.is_err(), "byte {index}");
        }
    }

    #[test]
    fn other_bundles_are_refused_with_what_they_are() {
        let (key, _) = SigningKey::generate().unwrap();
        let text = String::from_utf8(Bundle::sign(b"{}", &key).unwrap().text()).unwrap();
        let newer = text.replace("bundle.v0.3", "bundle.v0.4");
        assert!(matches!(Bundle::read(newer.as_bytes()), Err(BundleError::OtherMediaType(_))));
        let compact = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
        assert_eq!(Bundle::read(compact.as_bytes()), Err(BundleError::OtherSpelling));
        let logged = text.replacen('{', "{\"tlogEntries\":[],", 1);
        assert!(matches!(Bundle::read(logged.as_bytes()), Err(BundleError::OtherShape(_))));
        let hint = text.replacen(&key.public().hint(), "AAAA", 1);
        assert_eq!(Bundle::read(hint.as_bytes()), Err(BundleError::HintDiffers));
    }
}
