//! Filters of a chain that let callers in or not: Envoy's RBAC (`envoy.config.rbac.v3`), for connections and requests.
//!
//! Shadow rules decide nothing. What depends on more than identity, port, method and path is unknown.

use regex::Regex;
use serde_json::Value;

use super::value::{get, list, only};
use crate::{
    authorization::{Caller, Request, Traffic, Truth},
    name::Name,
    unknown::Unknown,
};

/// A filter that may refuse.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    Deny(Vec<Policy>),
    Allow(Vec<Policy>),
    /// Something else decides, such as an external service.
    Elsewhere(String),
}

#[derive(Clone, Debug)]
pub(super) struct Policy {
    permissions: Vec<Value>,
    principals: Vec<Value>,
}

/// The filters of a chain, of connections and of requests, in their order.
pub(super) fn filters(chain: &Value) -> Vec<Filter> {
    let of_connections = list(&chain["filters"]);
    let of_requests = of_connections.iter().flat_map(|filter| list(get(get(filter, "typed_config"), "http_filters")));
    of_connections.iter().chain(of_requests).filter_map(filter).collect()
}

fn filter(filter: &Value) -> Option<Filter> {
    let name = filter["name"].as_str().unwrap_or_default();
    if name.rsplit('.').next() == Some("ext_authz") {
        return Some(Filter::Elsewhere("ext_authz".to_owned()));
    }
    if name.rsplit('.').next() != Some("rbac") {
        return None;
    }
    let rules = get(get(filter, "typed_config"), "rules");
    if !rules.is_object() {
        return None;
    }
    let policies = rules["policies"].as_object().into_iter().flatten().map(|(_, policy)| Policy {
        permissions: list(&policy["permissions"]).to_vec(),
        principals: list(&policy["principals"]).to_vec(),
    });
    let policies = policies.collect();
    match rules["action"].as_str() {
        None | Some("ALLOW") => Some(Filter::Allow(policies)),
        Some("DENY") => Some(Filter::Deny(policies)),
        Some("LOG") => None,
        Some(other) => Some(Filter::Elsewhere(format!("action {other}"))),
    }
}

impl Filter {
    /// Whether the filter refuses this caller.
    pub(super) fn denies(&self, pod: &Name, caller: &Caller, request: &Request) -> Truth {
        let seen = Seen { pod, caller, request };
        let one_of = |policies: &[Policy]| {
            Truth::any(policies.iter().map(|policy| {
                let permitted = Truth::any(policy.permissions.iter().map(|one| seen.permission(one)));
                Truth::all([permitted, Truth::any(policy.principals.iter().map(|one| seen.principal(one)))])
            }))
        };
        match self {
            Self::Deny(policies) => one_of(policies),
            Self::Allow(policies) => one_of(policies).not(),
            Self::Elsewhere(what) => seen.unknown(what),
        }
    }
}

/// What the filter sees.
struct Seen<'a> {
    pod: &'a Name,
    caller: &'a Caller,
    request: &'a Request,
}

impl Seen<'_> {
    fn unknown(&self, field: &str) -> Truth {
        Truth::Unknown(vec![Unknown::new(self.pod, field, "cannot be told for a class of callers")])
    }

    fn permission(&self, value: &Value) -> Truth {
        let Some((kind, value)) = only(value) else { return self.unknown("permission") };
        match kind.as_str() {
            "any" => (value == true).into(),
            "and_rules" => Truth::all(list(&value["rules"]).iter().map(|one| self.permission(one))),
            "or_rules" => Truth::any(list(&value["rules"]).iter().map(|one| self.permission(one))),
            "not_rule" => self.permission(value).not(),
            "destination_port" => (value.as_u64() == Some(u64::from(self.request.port))).into(),
            "header" => self.header(value),
            "url_path" => match &self.request.traffic {
                Traffic::Connection => self.unknown(&kind),
                Traffic::Request { path, .. } => self.text(&value["path"], path.split('?').next().unwrap_or_default()),
            },
            _ => self.unknown(&kind),
        }
    }

    fn principal(&self, value: &Value) -> Truth {
        let Some((kind, value)) = only(value) else { return self.unknown("principal") };
        match kind.as_str() {
            "any" => (value == true).into(),
            "and_ids" => Truth::all(list(&value["ids"]).iter().map(|one| self.principal(one))),
            "or_ids" => Truth::any(list(&value["ids"]).iter().map(|one| self.principal(one))),
            "not_id" => self.principal(value).not(),
            "authenticated" => {
                let name = get(value, "principal_name");
                if name.is_null() {
                    return (!self.caller.principals.is_empty()).into();
                }
                let names = self.caller.principals.iter().map(|one| format!("spiffe://{one}"));
                Truth::any(names.map(|one| self.text(name, &one)))
            }
            _ => self.unknown(&kind),
        }
    }

    /// `:method` is the one header that a class of callers says.
    fn header(&self, value: &Value) -> Truth {
        let Traffic::Request { method, .. } = &self.request.traffic else { return self.unknown("header") };
        if value["name"] != ":method" {
            return self.unknown("header");
        }
        if get(value, "present_match") == true {
            return Truth::True;
        }
        self.text(get(value, "string_match"), method)
    }

    /// `envoy.type.matcher.v3.StringMatcher`; a regular expression matches the whole text.
    fn text(&self, matcher: &Value, text: &str) -> Truth {
        let Some((kind, value)) = only(matcher) else { return self.unknown("string matcher") };
        let pattern = value.as_str().unwrap_or_default();
        match kind.as_str() {
            "exact" => (text == pattern).into(),
            "prefix" => text.starts_with(pattern).into(),
            "suffix" => text.ends_with(pattern).into(),
            "contains" => text.contains(pattern).into(),
            "safe_regex" => {
                let regex = value["regex"].as_str().unwrap_or_default();
                Regex::new(&format!("^(?:{regex})$"))
                    .map_or_else(|_| self.unknown("regex"), |one| one.is_match(text).into())
            }
            _ => self.unknown(&kind),
        }
    }
}
