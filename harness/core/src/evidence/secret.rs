//! Recognises text that must never be recorded or shown: private keys and bearer tokens.
//!
//! Input: text or bytes. Output: whether they hold a secret, or a JSON value without it.
//!
//! A second line of defence: collectors already take only public parts. It does not find secrets without a format of
//! their own, such as passwords.

use serde_json::Value;

/// The replacement for a secret.
pub const WITHHELD: &str = "[withheld]";

/// Whether the text holds a PEM private key (RFC 7468; plain, or as base64 in a Secret or kubeconfig) or a JWT (RFC
/// 7519) with three parts.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    MARKERS.iter().any(|marker| text.contains(marker)) || holds_jwt(text)
}

/// [`is_secret`] for a file of any encoding.
#[must_use]
pub fn is_secret_file(bytes: &[u8]) -> bool {
    is_secret(&String::from_utf8_lossy(bytes))
}

/// Replaces every string that holds a secret, at any depth, keys of objects included.
pub fn withhold(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(withhold_text(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(withhold).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, item)| (withhold_text(key), withhold(item))).collect())
        }
        other => other,
    }
}

fn withhold_text(text: String) -> String {
    if is_secret(&text) { WITHHELD.to_owned() } else { text }
}

/// Three base64url parts joined by dots, the first of which starts a JSON object.
fn holds_jwt(text: &str) -> bool {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || "-_.=".contains(character))).any(|word| {
        word.match_indices("eyJ").any(|(start, _)| {
            let mut parts = word[start..].split('.');
            let long = |part: Option<&str>| part.is_some_and(|part| part.len() >= 8);
            long(parts.next()) && long(parts.next()) && long(parts.next())
        })
    })
}

const MARKERS: [&str; 6] = [
    "PRIVATE KEY-----",
    "client-key-data",
    // Base64 of `-----BEGIN PRIVATE KEY`, `… RSA PRIVATE KEY`, `… EC PRIVATE KEY`, `… ENCRYPTED PRIVATE KEY`.
    "LS0tLS1CRUdJTiBQUklWQVRFIEtFW",
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV",
    "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW",
    "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, secret: bool) {
        assert_eq!(is_secret(text), secret, "{text}");
    }

    #[test]
    fn distinguishes_secrets_from_public_material() {
        check("-----BEGIN EC PRIVATE KEY-----\nMHcCAQ", true);
        check("key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==", true);
        check("users: [{user: {client-key-data: AAAA}}]", true);
        check("Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzcGlmZmUifQ.c2lnbmF0dXJl", true);
        check("-----BEGIN CERTIFICATE-----\nMIIB", false);
        check("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==", false);
        check("spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/proxy-api", false);
        check("eyJ.is.short", false);
    }
}
