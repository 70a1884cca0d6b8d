//! Whether a text contains a private key, in one of the encodings in which programs leak one.
//!
//! Searches for one known key. `evidence::secret` recognises text that has the format of a key.

use x509_parser::pem::Pem;

use super::PemError;

/// The encodings of one key that must not appear in a text.
pub struct Exposure {
    forms: Vec<String>,
}

/// Length of a piece of base64 or hexadecimal that identifies the key, in characters.
const PIECE: usize = 24;

impl Exposure {
    /// The encodings of a PEM private key.
    ///
    /// # Errors
    ///
    /// When the text is not PEM.
    pub fn of(key: &str) -> Result<Self, PemError> {
        let block = Pem::iter_from_buffer(key.as_bytes()).next().ok_or(PemError::Empty)?;
        let block = block.map_err(|error| PemError::Block { number: 1, problem: error.to_string() })?;
        let body: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        // The first bytes only name the algorithm: they are the same for every key of a kind.
        let secret = &block.contents[block.contents.len() / 2..];
        let lower = hex::encode(secret);
        let listed = |separator: &str| {
            secret[..16.min(secret.len())].iter().map(u8::to_string).collect::<Vec<_>>().join(separator)
        };
        let mut forms =
            vec![lower[..PIECE.min(lower.len())].to_owned(), lower.to_uppercase()[..PIECE.min(lower.len())].to_owned()];
        forms.extend([listed(", "), listed(",")]);
        let half = body.len() / 2;
        forms.extend(body.get(half..half + PIECE).map(str::to_owned));
        Ok(Self { forms })
    }

    /// How often the text contains the key.
    pub fn count(&self, text: &str) -> usize {
        // A key is found across line breaks.
        let joined: String = text.replace(['\n', '\r'], "");
        self.forms.iter().map(|form| joined.matches(form.as_str()).count()).sum()
    }
}

impl std::fmt::Debug for Exposure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exposure").field("forms", &self.forms.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Authority, LEAF_LIFETIME, Leaf};

    #[test]
    fn a_key_is_found_in_every_form_and_another_is_not() {
        let authority = Authority::generate().unwrap();
        let leaf = Leaf { spiffe: "spiffe://x/y", dns: &[], lifetime: LEAF_LIFETIME };
        let (material, other) = (authority.issue(&leaf).unwrap(), authority.issue(&leaf).unwrap());
        let exposure = Exposure::of(material.key()).unwrap();
        let der = Pem::iter_from_buffer(material.key().as_bytes()).next().unwrap().unwrap().contents;
        let body: String = material.key().lines().filter(|line| !line.starts_with("-----")).collect();
        let forms = [material.key().to_owned(), body, hex::encode(&der), hex::encode_upper(&der), format!("{der:?}")];
        for form in forms {
            assert_eq!(exposure.count(&format!("key: {form}.")), 1, "{form}");
        }
        assert_eq!(exposure.count(other.key()) + exposure.count(&material.chain) + exposure.count(""), 0);
        assert!(Exposure::of("no key").is_err());
    }
}
