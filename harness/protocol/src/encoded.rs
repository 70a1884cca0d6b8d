//! Bytes and keys inside JSON. A key's text is never printed by `Debug` or in a message, and is zeroed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// Any bytes, in base64 with the standard alphabet and padding (RFC 4648 section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Encoded(pub Vec<u8>);

/// Text that is a secret: PEM of a private key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

/// Bytes that are a secret: PKCS#8 DER of a private key, in base64.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl Secret {
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl SecretBytes {
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Encoded {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl TryFrom<String> for Encoded {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text.as_bytes()).map(Self).map_err(|_| NOT_BASE64)
    }
}

impl TryFrom<String> for SecretBytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = Zeroizing::new(text);
        STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map(Self).map_err(|_| NOT_BASE64)
    }
}

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.bytes())))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

const NOT_BASE64: &str = "not base64: write the bytes in the standard alphabet, padded, without line breaks";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_and_secrets_are_not_shown() {
        let bytes: SecretBytes = serde_json::from_str("\"AAEC\"").unwrap();
        assert_eq!((bytes.bytes(), serde_json::to_string(&bytes).unwrap()), (&[0, 1, 2][..], "\"AAEC\"".to_owned()));
        let secret = Secret::from("key".to_owned());
        assert_eq!(format!("{bytes:?} {secret:?}"), "[redacted] [redacted]");
        for text in ["AAE", "A A=", "-_8="] {
            let error = serde_json::from_value::<Encoded>(text.into()).unwrap_err().to_string();
            assert!(error.starts_with("not base64") && !error.contains(text), "{error}");
        }
    }
}
