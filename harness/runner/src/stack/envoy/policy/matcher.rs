//! One value of a policy's field as Envoy's matcher, in istiod's form (`pilot/pkg/security/authz/matcher`).

use serde_json::{Value, json};

/// The fields of a rule, in the order that istiod uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Principals,
    Namespaces,
    Methods,
    Paths,
    Ports,
}

impl Field {
    /// Whether the field is about requests rather than connections.
    pub(super) fn is_about_requests(self) -> bool {
        matches!(self, Self::Methods | Self::Paths)
    }

    /// Why a value is invalid, or `None` if it is valid.
    pub(super) fn problem(self, value: &str) -> Option<&'static str> {
        let inner = value.strip_prefix('*').unwrap_or(value);
        let inner = inner.strip_suffix('*').unwrap_or(inner);
        match self {
            Self::Ports => (!value.parse::<u16>().is_ok_and(|port| port > 0)).then_some("is not a port number"),
            _ if value.is_empty() => Some("is empty"),
            // Namespaces may have `*` anywhere.
            Self::Namespaces => None,
            Self::Paths if value.contains(['{', '}']) => Some("is a path template, which is not understood here"),
            _ if value.len() > 1 && value.starts_with('*') && value.ends_with('*') => Some("has `*` at both ends"),
            _ => inner.contains('*').then_some("has `*` inside"),
        }
    }

    pub(super) fn matcher(self, value: &str, shift: u16) -> Value {
        match self {
            // Principals are written without `spiffe://`.
            Self::Principals => json!({"authenticated": {"principal_name": string(value, "spiffe://")}}),
            Self::Namespaces => {
                let namespace = value.split('*').map(quoted).collect::<Vec<_>>().join(".*");
                json!({"authenticated": {"principal_name": {"safe_regex": {"regex": format!(".*/ns/{namespace}/.*")}}}})
            }
            Self::Methods if value == "*" => json!({"header": {"name": ":method", "present_match": true}}),
            Self::Methods => json!({"header": {"name": ":method", "string_match": string(value, "")}}),
            Self::Paths => json!({"url_path": {"path": string(value, "")}}),
            Self::Ports => json!({"destination_port": value.parse::<u16>().unwrap_or_default().saturating_add(shift)}),
        }
    }
}

/// istiod's `StringMatcherWithPrefix`.
fn string(value: &str, prefix: &str) -> Value {
    if value == "*" {
        return json!({"safe_regex": {"regex": ".+"}});
    }
    match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(end), _) if prefix.is_empty() => json!({ "suffix": end }),
        (Some(end), _) => json!({"safe_regex": {"regex": format!("{prefix}.*{}", quoted(end))}}),
        (None, Some(start)) => json!({"prefix": format!("{prefix}{start}")}),
        (None, None) => json!({"exact": format!("{prefix}{value}")}),
    }
}

/// Go's `regexp.QuoteMeta`.
fn quoted(text: &str) -> String {
    text.chars().fold(String::new(), |mut quoted, c| {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
        quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_quoted_where_istiod_makes_a_regex() {
        let id = Field::Principals.matcher("*.mesh/sa/x", 0);
        assert_eq!(id["authenticated"]["principal_name"]["safe_regex"]["regex"], r"spiffe://.*\.mesh/sa/x");
        let port = Field::Ports.matcher("8080", 10_000);
        assert_eq!(port, json!({"destination_port": 18_080}));
    }
}
