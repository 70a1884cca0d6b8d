//! Masks values that differ in every run: instants, serial numbers, fingerprints, addresses, generated names.
//!
//! Input: a text. Output: the text with a placeholder for each such value, so that two runs can be compared. Values are
//! recognised by their form alone. Durations are masked only on request: `720h` in a specification is a setting, `after
//! 2.1s` in a reason is a measurement.

use jiff::Timestamp;

use crate::expectation::matching::parse_duration;

/// The kinds of values that are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// For facts.
    Identities,
    /// For reasons, which contain measured durations.
    IdentitiesAndDurations,
}

/// The text with its volatile values masked.
pub(super) fn masked(text: &str, mask: Mask) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len());
        if end == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (token, after) = rest.split_at(end);
        // A full stop or a colon at the end belongs to the sentence.
        let value = token.trim_end_matches(['.', ':']);
        out.push_str(&spelled(value, mask));
        out.push_str(&token[value.len()..]);
        rest = after;
    }
    out
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ".:-+_".contains(letter)
}

fn spelled(value: &str, mask: Mask) -> String {
    if value.parse::<Timestamp>().is_ok() {
        return "<instant>".to_owned();
    }
    if mask == Mask::IdentitiesAndDurations && parse_duration(value).is_some() {
        return "<duration>".to_owned();
    }
    if is_uid(value) || is_fingerprint(value) {
        return "<identity>".to_owned();
    }
    if is_address(value) {
        return "<address>".to_owned();
    }
    if let Some(stem) = generated_from(value) {
        return format!("{stem}-<generated>");
    }
    // In `sha256:…` and the like, only the digest is masked.
    value.split(':').map(|part| if is_long_hex(part) { "<identity>" } else { part }).collect::<Vec<_>>().join(":")
}

/// At least 16 hexadecimal digits: serial numbers, digests, key identifiers.
fn is_long_hex(text: &str) -> bool {
    text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `a1:b2:…` of at least eight bytes.
fn is_fingerprint(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() >= 8 && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_uid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// IPv4, with or without a port, and IPv6 without one.
fn is_address(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let four = host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    if four && port.parse::<u16>().is_ok() {
        return true;
    }
    let groups: Vec<&str> = text.split(':').collect();
    let hex = |group: &&str| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.len() <= 8 && groups.iter().all(hex) && (groups.len() == 8 || text.contains("::"))
}

/// The base of a generated name: `proxy-api` for `proxy-api-7d9f8b6c5d-x2k4q` and `proxy-api-x2k4q`.
fn generated_from(text: &str) -> Option<&str> {
    let (stem, suffix) = text.rsplit_once('-')?;
    if suffix.len() != 5 || !is_generated(suffix) {
        return None;
    }
    match stem.rsplit_once('-') {
        Some((owner, template)) if (6..=10).contains(&template.len()) && is_generated(template) => Some(owner),
        _ if suffix.bytes().any(|byte| byte.is_ascii_digit())
            && suffix.bytes().any(|byte| byte.is_ascii_lowercase()) =>
        {
            Some(stem)
        }
        _ => None,
    }
}

/// Whether all letters are of the alphabet of Kubernetes' generated names: no vowels, and no digits that resemble them.
fn is_generated(text: &str) -> bool {
    text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volatile_values_are_masked() {
        for (text, expected) in [
            ("2026-11-24T10:15:00Z", "<instant>"),
            ("expires at 2026-11-24T10:15:00.25Z.", "expires at <instant>."),
            ("7f3a9c0d51e2b8467f3a9c0d51e2b846", "<identity>"),
            ("serial 41:0e:9c:2b:11:aa:bb:cc:dd, seen", "serial <identity>, seen"),
            ("img@sha256:7c7c7c7c7c7c7c7c7c", "img@sha256:<identity>"),
            ("0b0ff2a4-6c1d-4f1e-9a52-3de0f0d6a111", "<identity>"),
            ("10.244.0.17:15006", "<address>"),
            ("fd00::1", "<address>"),
            ("pod proxy-api-7d9f8b6c5d-x2k4q: gone", "pod proxy-api-<generated>: gone"),
            ("ns/istio-cni-x2k4q", "ns/istio-cni-<generated>"),
        ] {
            assert_eq!(masked(text, Mask::Identities), expected, "{text}");
        }
    }

    #[test]
    fn values_of_the_product_are_not_masked() {
        for text in [
            "720h",
            "TLSv1.3",
            "v1.21.1",
            "1.30.3",
            "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client",
            "tls-alert(unknown_ca)",
            "http-denied(403)",
            "istio-proxy",
            "quay.io/jetstack/cert-manager-controller:v1.11.5",
            "ECDSA-SHA256",
            "30000",
            "Ünïcode — 2 of 5 samples: established although denied",
        ] {
            assert_eq!(masked(text, Mask::Identities), text);
        }
    }

    #[test]
    fn a_duration_is_volatile_only_in_a_reason() {
        let reason = "held 3 times in a row after 2.1s of 30s";
        assert_eq!(masked(reason, Mask::Identities), reason);
        assert_eq!(
            masked(reason, Mask::IdentitiesAndDurations),
            "held 3 times in a row after <duration> of <duration>"
        );
    }
}
