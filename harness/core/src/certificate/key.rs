//! Keys that sign certificates and verify them: ECDSA with P-256 and SHA-256, and nothing else.
//!
//! Input: PKCS#8 (RFC 5958) or `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) as PEM. Output: signatures in ASN.1 form (RFC 3279 §2.2.3), or
//! whether one is right. A private key is never in an error, in `Debug` or in a file of a bundle; this module opens no file.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use sha2::{Digest as _, Sha256};

use super::pem;

/// A private key. It has no `Debug`.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

/// A public key that verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The uncompressed point (SEC 1 §2.3.3), 65 bytes.
    point: Vec<u8>,
}

/// A private key as text, for the file of its owner and for nothing else. It has no `Debug` and no `Display`.
pub struct PrivateText(String);

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("no PEM block is in it; a key file begins with a line `BEGIN {expected}`")]
    NoBlock { expected: &'static str },
    #[error("it holds `{found}`; write it as `{expected}`: {advice}")]
    OtherBlock { found: String, expected: &'static str, advice: &'static str },
    #[error("it is {found}; this program signs and verifies with ECDSA P-256 and SHA-256 alone")]
    OtherAlgorithm { found: &'static str },
    #[error("the private key cannot be used: {0}")]
    Unusable(String),
    #[error("the machine gives no random numbers")]
    NoRandomness,
}

impl SigningKey {
    /// A new key, and its text.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn generate() -> Result<(Self, PrivateText), KeyError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyError::NoRandomness)?;
        Ok((Self::of_der(document.as_ref())?, PrivateText(pem::text(PRIVATE, document.as_ref()))))
    }

    /// The key of a PKCS#8 file.
    ///
    /// # Errors
    /// When it is no plain PKCS#8, or of another algorithm.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let advice = "openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW";
        Self::of_der(&der(text, PRIVATE, advice)?)
    }

    fn of_der(der: &[u8]) -> Result<Self, KeyError> {
        let algorithm = algorithm(der);
        if algorithm != Algorithm::P256 {
            return Err(KeyError::OtherAlgorithm { found: algorithm.words() });
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &SystemRandom::new())
            .map_err(|error| KeyError::Unusable(error.to_string()))?;
        let public = PublicKey { point: pair.public_key().as_ref().to_vec() };
        Ok(Self { pair, public })
    }

    /// The signature of a message.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::NoRandomness)?;
        Ok(signature.as_ref().to_vec())
    }

    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl PublicKey {
    /// The key of a `PUBLIC KEY` file.
    ///
    /// # Errors
    /// When it is none, or of another algorithm.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let der = der(text, PUBLIC, "openssl pkey -in KEY -pubout -out KEY.pub")?;
        match der.strip_prefix(&SPKI_OF_P256) {
            Some(point) if point.len() == POINT && point[0] == UNCOMPRESSED => Ok(Self { point: point.to_vec() }),
            Some(_) => Err(KeyError::OtherAlgorithm { found: "a P-256 key whose point is not written in full" }),
            None => Err(KeyError::OtherAlgorithm { found: algorithm(&der).words() }),
        }
    }

    /// The key as PEM.
    #[must_use]
    pub fn text(&self) -> String {
        pem::text(PUBLIC, &self.der())
    }

    /// Base64 of the SHA-256 of the key's `SubjectPublicKeyInfo`: what a bundle calls the key by.
    #[must_use]
    pub fn hint(&self) -> String {
        STANDARD.encode(Sha256::digest(self.der()))
    }

    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point).verify(message, signature).is_ok()
    }

    fn der(&self) -> Vec<u8> {
        [&SPKI_OF_P256[..], &self.point].concat()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.hint())
    }
}

impl PrivateText {
    /// The bytes for a file that its owner alone may read.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The bytes of the first block, which must have this label.
fn der(text: &str, expected: &'static str, advice: &'static str) -> Result<Vec<u8>, KeyError> {
    match pem::block(text) {
        None => Err(KeyError::NoBlock { expected }),
        Some((found, der)) if found == expected => Ok(der),
        Some((found, _)) => Err(KeyError::OtherBlock { found, expected, advice }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Ed25519,
    OtherCurve,
    P256,
    Rsa,
    Unknown,
}

impl Algorithm {
    const fn words(self) -> &'static str {
        match self {
            Self::Ed25519 => "an Ed25519 key",
            Self::OtherCurve => "an ECDSA key of another curve than P-256",
            Self::P256 => "an ECDSA P-256 key",
            Self::Rsa => "an RSA key",
            Self::Unknown => "a key of an unknown algorithm",
        }
    }
}

/// By the identifiers near the beginning of the key: RFC 5480 §2.1.1, RFC 8017 appendix C, RFC 8410 §3.
fn algorithm(der: &[u8]) -> Algorithm {
    let has = |identifier: &[u8]| der.get(..HEAD.min(der.len())).is_some_and(|head| contains(head, identifier));
    if has(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]) {
        Algorithm::P256
    } else if has(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]) {
        Algorithm::OtherCurve
    } else if has(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]) {
        Algorithm::Rsa
    } else if has(&[0x06, 0x03, 0x2b, 0x65, 0x70]) {
        Algorithm::Ed25519
    } else {
        Algorithm::Unknown
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";
/// Bytes within which a key names its algorithm.
const HEAD: usize = 48;
/// Everything of a P-256 key's `SubjectPublicKeyInfo` but its point.
const SPKI_OF_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Bytes of an uncompressed point, and the first of them.
const POINT: usize = 65;
const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &PrivateText) -> &str {
        std::str::from_utf8(key.reveal()).unwrap()
    }

    #[test]
    fn a_key_is_read_as_it_was_made_and_verifies_what_it_signed() {
        let (key, private) = SigningKey::generate().unwrap();
        let again = SigningKey::read(text(&private)).unwrap();
        let public = PublicKey::read(&key.public().text()).unwrap();
        assert_eq!((&public, public.hint()), (again.public(), key.public().hint()));
        let signature = again.sign(b"a message").unwrap();
        assert!(public.verifies(b"a message", &signature));
        assert!(!public.verifies(b"a messagE", &signature));
        let (other, _) = SigningKey::generate().unwrap();
        assert!(!other.public().verifies(b"a message", &signature));
    }

    #[test]
    fn another_algorithm_is_named() {
        let rsa = [&[0x30, 0x0d, 0x06, 0x09][..], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]].concat();
        let ed25519 = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let p384 = [0x30, 0x76, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
        for (der, found) in
            [(&rsa[..], "an RSA key"), (&ed25519, "an Ed25519 key"), (&p384, "another curve than P-256")]
        {
            let public = PublicKey::read(&pem::text(PUBLIC, der)).unwrap_err().to_string();
            let private = SigningKey::read(&pem::text(PRIVATE, der)).err().unwrap().to_string();
            assert!(public.contains(found) && private.contains(found), "{public}; {private}");
        }
    }

    #[test]
    fn a_key_in_another_form_is_refused_with_advice() {
        let sec1 = SigningKey::read(&pem::text("EC PRIVATE KEY", b"abc")).err().unwrap().to_string();
        assert!(sec1.contains("EC PRIVATE KEY") && sec1.contains("openssl pkcs8"), "{sec1}");
        assert!(matches!(PublicKey::read("abc"), Err(KeyError::NoBlock { .. })));
        let (key, private) = SigningKey::generate().unwrap();
        let mistaken = PublicKey::read(text(&private)).unwrap_err().to_string();
        assert!(mistaken.contains("openssl pkey"), "{mistaken}");
        assert!(SigningKey::read(&key.public().text()).is_err());
    }

    #[test]
    fn no_word_of_a_private_key_is_in_an_error() {
        let (_, private) = SigningKey::generate().unwrap();
        let body = text(&private).lines().nth(1).unwrap();
        let broken = text(&private).replace(&body[40..50], "AAAAAAAAAA");
        let error = format!("{:?}", SigningKey::read(&broken).err());
        assert!(!error.contains(&body[..16]), "{error}");
    }
}
