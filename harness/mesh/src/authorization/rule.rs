//! One rule of a policy: conditions on the caller and on what it wants (`pilot/pkg/security/authz/model`).

use serde_json::Value;

use super::{
    Caller, Request, Traffic,
    action::Action,
    text::{is_account, is_in_namespace, is_of_trust_domain, matches},
    truth::Truth,
};
use crate::{
    Mesh,
    name::Name,
    object::{Object, strings},
    unknown::{Answer, Unknown},
};

/// A rule. It holds when one of `from`, one of `to` and all of `when` hold.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    from: Vec<Vec<Condition>>,
    to: Vec<Vec<Condition>>,
    when: Vec<Condition>,
}

/// A field with values of which one must match, and values of which none may.
#[derive(Clone, Debug)]
struct Condition {
    field: Field,
    values: Vec<String>,
    not_values: Vec<String>,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Principal,
    Namespace,
    Account,
    TrustDomain,
    Port,
    Method,
    Path,
    /// Something that a class of callers does not say about a connection.
    OtherOfConnection,
    /// Something that a class of callers does not say about a request.
    OtherOfRequest,
}

const SOURCE: [(&str, &str, Field); 7] = [
    ("principals", "notPrincipals", Field::Principal),
    ("namespaces", "notNamespaces", Field::Namespace),
    ("serviceAccounts", "notServiceAccounts", Field::Account),
    ("trustDomains", "notTrustDomains", Field::TrustDomain),
    ("ipBlocks", "notIpBlocks", Field::OtherOfConnection),
    ("remoteIpBlocks", "notRemoteIpBlocks", Field::OtherOfConnection),
    ("requestPrincipals", "notRequestPrincipals", Field::OtherOfRequest),
];
const OPERATION: [(&str, &str, Field); 4] = [
    ("ports", "notPorts", Field::Port),
    ("methods", "notMethods", Field::Method),
    ("paths", "notPaths", Field::Path),
    ("hosts", "notHosts", Field::OtherOfRequest),
];
/// Keys of `when`; the ones that end with `[` take an argument.
const WHEN: [(&str, Field); 13] = [
    ("source.principal", Field::Principal),
    ("source.namespace", Field::Namespace),
    ("source.serviceAccount", Field::Account),
    ("source.trustDomain", Field::TrustDomain),
    ("destination.port", Field::Port),
    ("source.ip", Field::OtherOfConnection),
    ("remote.ip", Field::OtherOfConnection),
    ("destination.ip", Field::OtherOfConnection),
    ("connection.sni", Field::OtherOfConnection),
    ("experimental.envoy.filters.", Field::OtherOfConnection),
    ("request.headers[", Field::OtherOfRequest),
    ("request.auth.claims[", Field::OtherOfRequest),
    ("request.auth.", Field::OtherOfRequest),
];

impl Field {
    fn is_of_requests(self) -> bool {
        matches!(self, Self::Method | Self::Path | Self::OtherOfRequest)
    }
}

impl Rule {
    /// Reads `spec.rules[number]`.
    ///
    /// # Errors
    ///
    /// Every field that is not understood.
    pub(super) fn read(object: &Object, value: &Value, path: &str) -> Answer<Self> {
        let mut unknown = object.unknown_fields(value, path, &["from", "to", "when"]);
        let from = alternatives(object, value, path, ("from", "source"), &SOURCE, &mut unknown);
        let to = alternatives(object, value, path, ("to", "operation"), &OPERATION, &mut unknown);
        let mut when = Vec::new();
        for (number, condition) in list(&object.name, &value["when"], &format!("{path}.when"), &mut unknown).enumerate()
        {
            let path = format!("{path}.when[{number}]");
            unknown.extend(object.unknown_fields(condition, &path, &["key", "values", "notValues"]));
            let key = condition["key"].as_str().unwrap_or_default();
            let known =
                |(name, _): &&(&str, Field)| *name == key || (name.ends_with(['[', '.']) && key.starts_with(name));
            match WHEN.iter().find(known) {
                Some((_, field)) => {
                    let mut read =
                        |name: &str| texts(&object.name, &condition[name], &format!("{path}.{name}"), &mut unknown);
                    let (values, not_values) = (read("values"), read("notValues"));
                    when.push(Condition { field: *field, values, not_values, path });
                }
                None => unknown.push(Unknown::new(
                    &object.name,
                    format!("{path}.key"),
                    format!("`{key}` is not understood"),
                )),
            }
        }
        if unknown.is_empty() { Ok(Self { from, to, when }) } else { Err(unknown) }
    }

    /// Whether the rule holds as the proxy enforces it. Conditions on requests cannot be seen in a connection: there an
    /// ALLOW policy loses the whole rule, and a DENY policy only the condition, so that it denies more.
    pub(super) fn holds(&self, policy: &Policy<'_>, caller: &Caller, request: &Request) -> Truth {
        let is_blind = request.traffic == Traffic::Connection;
        if is_blind && policy.action == Action::Allow && self.conditions().any(|one| one.field.is_of_requests()) {
            return Truth::False;
        }
        let part = |alternatives: &[Vec<Condition>]| {
            if alternatives.is_empty() {
                return Truth::True;
            }
            Truth::any(alternatives.iter().map(|conditions| all_of(conditions, policy, caller, request)))
        };
        Truth::all([part(&self.from), part(&self.to), all_of(&self.when, policy, caller, request)])
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.from.iter().chain(&self.to).flatten().chain(&self.when)
    }

    /// Principals that can never match, with the reason: an identity in a policy has no scheme.
    pub(super) fn impossible_principals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.conditions()
            .filter(|condition| condition.field == Field::Principal)
            .flat_map(|condition| condition.values.iter().map(|value| (condition.path.as_str(), value.as_str())))
            .filter(|(_, value)| value.contains("://"))
    }
}

/// What a rule needs to know of its policy and mesh.
pub(super) struct Policy<'a> {
    pub(super) name: &'a Name,
    pub(super) action: Action,
    pub(super) mesh: &'a Mesh,
}

fn all_of(conditions: &[Condition], policy: &Policy<'_>, caller: &Caller, request: &Request) -> Truth {
    let is_visible =
        |condition: &&Condition| request.traffic != Traffic::Connection || !condition.field.is_of_requests();
    Truth::all(conditions.iter().filter(is_visible).flat_map(|condition| {
        let one_of = |values: &[String]| {
            Truth::any(values.iter().map(|value| condition.matches(value, policy, caller, request)))
        };
        let required = (!condition.values.is_empty()).then(|| one_of(&condition.values));
        let forbidden = (!condition.not_values.is_empty()).then(|| one_of(&condition.not_values).not());
        [required, forbidden].into_iter().flatten()
    }))
}

impl Condition {
    fn matches(&self, value: &str, policy: &Policy<'_>, caller: &Caller, request: &Request) -> Truth {
        let identities = |holds: &dyn Fn(&str) -> bool| caller.principals.iter().any(|one| holds(one)).into();
        match self.field {
            Field::Principal => {
                let wanted = with_aliases(value, policy.mesh);
                identities(&|principal| wanted.iter().any(|value| matches(value, principal)))
            }
            Field::Namespace => identities(&|principal| is_in_namespace(value, principal)),
            Field::Account => identities(&|principal| is_account(value, &policy.name.namespace, principal)),
            Field::TrustDomain => {
                let mesh = policy.mesh;
                let own = value == mesh.trust_domain || mesh.aliases.iter().any(|alias| alias == value);
                identities(&|principal| {
                    let aliases = mesh.aliases.iter().chain([&mesh.trust_domain]);
                    is_of_trust_domain(value, principal)
                        || (own && aliases.into_iter().any(|alias| is_of_trust_domain(alias, principal)))
                })
            }
            Field::Port => match value.parse::<u16>() {
                Ok(port) => (port == request.port).into(),
                Err(_) => self.unknown(policy, format!("`{value}` is no port number")),
            },
            Field::Method | Field::Path => match &request.traffic {
                Traffic::Connection => Truth::True,
                Traffic::Request { .. } if self.field == Field::Path && value.contains('{') => {
                    self.unknown(policy, format!("`{value}` is a path template"))
                }
                Traffic::Request { method, .. } if self.field == Field::Method => matches(value, method).into(),
                Traffic::Request { path, .. } => matches(value, path.split('?').next().unwrap_or_default()).into(),
            },
            Field::OtherOfConnection | Field::OtherOfRequest => {
                self.unknown(policy, "depends on more than identity, port, method and path".to_owned())
            }
        }
    }

    fn unknown(&self, policy: &Policy<'_>, why: String) -> Truth {
        Truth::Unknown(vec![Unknown::new(policy.name, &self.path, why)])
    }
}

/// A principal with the trust domain and all aliases in the place of one of them, or of `cluster.local`, which stands for
/// the mesh's own (`pilot/pkg/security/trustdomain/bundle.go`).
fn with_aliases(principal: &str, mesh: &Mesh) -> Vec<String> {
    let parts: Vec<&str> = principal.split('/').collect();
    let own = || [&mesh.trust_domain].into_iter().chain(&mesh.aliases);
    let [trust_domain, rest @ ..] = parts.as_slice() else { return vec![principal.to_owned()] };
    let is_own =
        own().any(|one| one == trust_domain || matches_suffix(trust_domain, one)) || *trust_domain == "cluster.local";
    if parts.len() != 5 || *trust_domain == "*" || !is_own {
        return vec![principal.to_owned()];
    }
    own()
        .map(
            |one| {
                if matches_suffix(trust_domain, one) {
                    principal.to_owned()
                } else {
                    format!("{one}/{}", rest.join("/"))
                }
            },
        )
        .collect()
}

/// Whether `*suffix` matches a trust domain.
fn matches_suffix(value: &str, trust_domain: &str) -> bool {
    value.strip_prefix('*').is_some_and(|suffix| trust_domain.ends_with(suffix))
}

fn alternatives(
    object: &Object,
    rule: &Value,
    path: &str,
    (key, inner): (&str, &str),
    fields: &[(&str, &str, Field)],
    unknown: &mut Vec<Unknown>,
) -> Vec<Vec<Condition>> {
    let path = format!("{path}.{key}");
    let elements: Vec<&Value> = list(&object.name, &rule[key], &path, unknown).collect();
    let mut alternatives = Vec::new();
    for (number, element) in elements.into_iter().enumerate() {
        let path = format!("{path}[{number}]");
        unknown.extend(object.unknown_fields(element, &path, &[inner]));
        let path = format!("{path}.{inner}");
        let value = &element[inner];
        let known: Vec<&str> = fields.iter().flat_map(|(is, is_not, _)| [*is, *is_not]).collect();
        unknown.extend(object.unknown_fields(value, &path, &known));
        let mut conditions = Vec::new();
        for (is, is_not, field) in fields {
            let mut read = |key: &str| texts(&object.name, &value[key], &format!("{path}.{key}"), unknown);
            let (values, not_values) = (read(is), read(is_not));
            if !values.is_empty() || !not_values.is_empty() {
                let named = if values.is_empty() { is_not } else { is };
                conditions.push(Condition { field: *field, values, not_values, path: format!("{path}.{named}") });
            }
        }
        alternatives.push(conditions);
    }
    alternatives
}

fn list<'a>(
    object: &Name,
    value: &'a Value,
    path: &str,
    unknown: &mut Vec<Unknown>,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    if !value.is_null() && !value.is_array() {
        unknown.push(Unknown::new(object, path, "is not a list"));
    }
    value.as_array().into_iter().flatten()
}

fn texts(object: &Name, value: &Value, path: &str, unknown: &mut Vec<Unknown>) -> Vec<String> {
    strings(object, value, path).unwrap_or_else(|problem| {
        unknown.push(problem);
        Vec::new()
    })
}
