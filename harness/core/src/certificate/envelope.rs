//! DSSE 1.0.2 envelopes: a payload with its type, and one signature over both.
//!
//! Input: a payload and a key. Output: the envelope as data, or whether it is right. It does not interpret the payload.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::key::{KeyError, PublicKey, SigningKey};

/// The type of in-toto statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope in its JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// Base64.
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    /// Base64.
    sig: String,
    keyid: String,
}

/// Why an envelope is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("its payload is of type `{0}`, not `{PAYLOAD_TYPE}`")]
    OtherType(String),
    #[error("it has {0} signatures, not one")]
    OtherNumber(usize),
    #[error("its {0} is not base64")]
    NotBase64(&'static str),
    #[error("it was signed with the key {found}, and {wanted} was given")]
    OtherKey { found: String, wanted: String },
    #[error("its signature is wrong: it was changed after it was signed, or the key that signed it is another one")]
    Wrong,
}

impl Envelope {
    /// Signs a payload.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn sign(payload: &[u8], key: &SigningKey) -> Result<Self, KeyError> {
        let signature = key.sign(&pae(PAYLOAD_TYPE, payload))?;
        Ok(Self {
            payload: STANDARD.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature { sig: STANDARD.encode(signature), keyid: key.public().hint() }],
        })
    }

    /// What was signed, whether or not the signature is right.
    ///
    /// # Errors
    /// When the envelope is not one of a single signed in-toto statement.
    pub fn payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        self.parts().map(|(payload, _)| payload)
    }

    /// The name of the key that claims to have signed; `None` when there is not exactly one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        match self.signatures.as_slice() {
            [only] => Some(&only.keyid),
            _ => None,
        }
    }

    /// Whether this key signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, key: &PublicKey) -> Result<(), EnvelopeError> {
        let (payload, signature) = self.parts()?;
        let wanted = key.hint();
        match self.key_id() {
            Some(found) if found != wanted => Err(EnvelopeError::OtherKey { found: found.to_owned(), wanted }),
            _ if key.verifies(&pae(&self.payload_type, &payload), &signature) => Ok(()),
            _ => Err(EnvelopeError::Wrong),
        }
    }

    fn parts(&self) -> Result<(Vec<u8>, Vec<u8>), EnvelopeError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::OtherType(self.payload_type.clone()));
        }
        let [signature] = self.signatures.as_slice() else {
            return Err(EnvelopeError::OtherNumber(self.signatures.len()));
        };
        let decode = |what: &'static str, text: &str| STANDARD.decode(text).map_err(|_| EnvelopeError::NotBase64(what));
        Ok((decode("payload", &self.payload)?, decode("signature", &signature.sig)?))
    }
}

/// What is signed: DSSE's pre-authentication encoding of a type and a payload.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let encoded = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn only_what_was_signed_verifies_and_only_with_that_key() {
        let (key, _) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let envelope = Envelope::sign(b"{}", &key).unwrap();
        assert_eq!((envelope.verify(key.public()), envelope.payload()), (Ok(()), Ok(b"{}".to_vec())));
        assert!(matches!(envelope.verify(other.public()), Err(EnvelopeError::OtherKey { .. })));
        let changed = Envelope { payload: STANDARD.encode(b"[]"), ..envelope.clone() };
        assert_eq!(changed.verify(key.public()), Err(EnvelopeError::Wrong));
        let mut renamed = envelope.clone();
        renamed.signatures[0].keyid = other.public().hint();
        assert_eq!(renamed.verify(other.public()), Err(EnvelopeError::Wrong));
        let mut twice = envelope.clone();
        twice.signatures.push(envelope.signatures[0].clone());
        assert_eq!(twice.verify(key.public()), Err(EnvelopeError::OtherNumber(2)));
        let typed = Envelope { payload_type: "text/plain".to_owned(), ..envelope };
        assert!(matches!(typed.verify(key.public()), Err(EnvelopeError::OtherType(_))));
    }
}
