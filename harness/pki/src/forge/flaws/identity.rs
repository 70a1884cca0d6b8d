//! URIs that are no SPIFFE ID, SPIFFE IDs of others, and SPIFFE IDs in the wrong field (SPIFFE-ID section 2, X509-SVID
//! section 2).

use rcgen::{DistinguishedName, DnType};

use super::{super::recipe::Name, Flaw};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("look-alike-trust-domain", |recipe| recipe.map_uri(|uri| replaced(uri, "x0tta6bl4.mesh.evil.example"))),
    Flaw::new("prefix-trust-domain", |recipe| recipe.map_uri(|uri| replaced(uri, "evil-x0tta6bl4.mesh"))),
    Flaw::new("upper-case-trust-domain", |recipe| recipe.map_uri(|uri| replaced(uri, "X0TTA6BL4.MESH"))),
    Flaw::new("upper-case-scheme", |recipe| recipe.map_uri(|uri| uri.replacen("spiffe:", "SPIFFE:", 1))),
    Flaw::new("https-scheme", |recipe| recipe.map_uri(|uri| uri.replacen("spiffe:", "https:", 1))),
    Flaw::new("uri-without-path", |recipe| recipe.uri("spiffe://x0tta6bl4.mesh")),
    Flaw::new("uri-empty", |recipe| recipe.uri("")),
    Flaw::new("uri-dot-segment", |recipe| recipe.map_uri(|uri| uri.replacen("/ns/", "/./ns/", 1))),
    Flaw::new("uri-dot-dot-segment", |recipe| recipe.map_uri(|uri| uri.replacen("/ns/", "/ns/../ns/", 1))),
    Flaw::new("uri-empty-segment", |recipe| recipe.map_uri(|uri| uri.replacen("/sa/", "//sa/", 1))),
    Flaw::new("uri-percent-encoded", |recipe| recipe.map_uri(|uri| uri.replacen("/sa/", "/%73a/", 1))),
    Flaw::new("uri-userinfo", |recipe| recipe.map_uri(|uri| replaced(uri, "user@x0tta6bl4.mesh"))),
    Flaw::new("uri-port", |recipe| recipe.map_uri(|uri| replaced(uri, "x0tta6bl4.mesh:443"))),
    Flaw::new("uri-query", |recipe| recipe.map_uri(|uri| format!("{uri}?a=b"))),
    Flaw::new("uri-fragment", |recipe| recipe.map_uri(|uri| format!("{uri}#a"))),
    Flaw::new("uri-nul-byte", |recipe| recipe.map_uri(|uri| format!("{uri}\0.evil.example"))),
    Flaw::new("uri-2048-bytes", |recipe| recipe.map_uri(|uri| padded(uri, 2048))),
    Flaw::new("uri-2049-bytes", |recipe| recipe.map_uri(|uri| padded(uri, 2049))),
    Flaw::new("spiffe-in-common-name", |recipe| {
        if let Some(Name::Uri(uri)) = recipe.names.pop() {
            recipe.leaf.distinguished_name = DistinguishedName::new();
            recipe.leaf.distinguished_name.push(DnType::CommonName, uri);
        }
    }),
    Flaw::new("spiffe-in-other-name", |recipe| {
        if let Some(Name::Uri(uri)) = recipe.names.pop() {
            recipe.names.push(Name::Other(uri));
        }
    }),
    Flaw::new("empty-subject", |recipe| recipe.leaf.distinguished_name = DistinguishedName::new()),
];

/// The URI with another authority part.
fn replaced(uri: &str, authority: &str) -> String {
    uri.replacen("x0tta6bl4.mesh", authority, 1)
}

fn padded(uri: &str, length: usize) -> String {
    format!("{uri}{}", "x".repeat(length.saturating_sub(uri.len())))
}
