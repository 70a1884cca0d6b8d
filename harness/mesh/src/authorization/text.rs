//! How a value of a policy matches a text (`pilot/pkg/security/authz/matcher/string.go`).

/// The forms that policies use: exact, `prefix*`, `*suffix`, and `*` for anything that is there.
pub(super) fn matches(value: &str, text: &str) -> bool {
    if value == "*" {
        return !text.is_empty();
    }
    match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(suffix), _) => text.ends_with(suffix),
        (None, Some(prefix)) => text.starts_with(prefix),
        (None, None) => value == text,
    }
}

/// Text with `*` anywhere, each of which stands for any text.
pub(super) fn matches_anywhere(value: &str, text: &str) -> bool {
    let mut parts = value.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = value.contains('*').then(|| value.rsplit('*').next().unwrap_or_default()) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len().saturating_sub(1)] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a URI SAN without its scheme belongs to a namespace (`.*/ns/<namespace>/.*` of the whole SAN).
pub(super) fn is_in_namespace(value: &str, principal: &str) -> bool {
    let whole = format!("spiffe://{principal}");
    // Every place where `/ns/` begins may be the one.
    whole.match_indices("/ns/").any(|(at, found)| {
        let after = &whole[at + found.len()..];
        after.match_indices('/').any(|(end, _)| matches_anywhere(value, &after[..end]))
    })
}

/// Whether a URI SAN without its scheme is of a service account: `name` (in the policy's namespace) or
/// `namespace/name`; other parts of the path may stand between and behind.
pub(super) fn is_account(value: &str, default_namespace: &str, principal: &str) -> bool {
    let (namespace, account) = value.split_once('/').unwrap_or((default_namespace, value));
    let Some((trust_domain, path)) = principal.split_once("/ns/") else { return false };
    if trust_domain.is_empty() {
        return false;
    }
    let Some(rest) = path.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('/')) else { return false };
    let is_last = |rest: &str| {
        rest.strip_prefix("sa/")
            .and_then(|rest| rest.strip_prefix(account))
            .is_some_and(|end| end.is_empty() || (end.len() > 1 && end.starts_with('/')))
    };
    is_last(rest) || rest.match_indices('/').any(|(at, _)| at > 0 && is_last(&rest[at + 1..]))
}

/// Whether a URI SAN without its scheme is of a trust domain.
pub(super) fn is_of_trust_domain(value: &str, principal: &str) -> bool {
    let Some((trust_domain, _)) = principal.split_once('/') else { return value == "*" };
    match value.split_once('*') {
        _ if value == "*" => true,
        None => trust_domain == value,
        Some((before, after)) => {
            trust_domain.len() >= before.len() + after.len()
                && trust_domain.starts_with(before)
                && trust_domain.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_like_envoy() {
        for (value, text, expected) in [
            ("*", "a", true),
            ("*", "", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("b*", "abc", false),
        ] {
            assert_eq!(matches(value, text), expected, "{value} {text}");
        }
        for (value, text, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("*b*", "abc", true),
            ("a*b*c", "axbyc", true),
            ("a*b*c", "axyc", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("ab*bc", "abc", false),
        ] {
            assert_eq!(matches_anywhere(value, text), expected, "{value} {text}");
        }
    }

    #[test]
    fn identities_are_taken_apart() {
        let id = "mesh.test/ns/retail/sa/client";
        assert!(is_in_namespace("retail", id) && is_in_namespace("re*il", id) && !is_in_namespace("reta", id));
        assert!(
            is_account("retail/client", "x", id)
                && is_account("client", "retail", id)
                && !is_account("client", "x", id)
        );
        assert!(is_account("retail/client", "x", "mesh.test/ns/retail/v/1/sa/client/extra"));
        assert!(!is_account("retail/client", "x", "mesh.test/ns/retail/sa/client-2"));
        assert!(is_of_trust_domain("mesh.test", id) && is_of_trust_domain("*.test", id) && is_of_trust_domain("*", id));
        assert!(!is_of_trust_domain("mesh.te", id) && !is_of_trust_domain("*.mesh", id));
    }
}
