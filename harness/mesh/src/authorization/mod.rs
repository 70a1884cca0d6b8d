//! What an authorization policy answers to a class of callers (`pilot/pkg/model/authorization.go`,
//! `pilot/pkg/security/authz`).
//!
//! Policies of the root namespace and of the pod's namespace count, all of them: CUSTOM first, then DENY, then ALLOW.
//! With an ALLOW policy, whoever none of them allows is denied. AUDIT and policies with the annotation
//! `istio.io/dry-run` decide nothing. A policy with `targetRefs` concerns gateways and waypoints, no sidecar.
//!
//! Three-valued: what depends on something that a class of callers does not say (an address, a header, a token) is
//! unknown, and a decision is only as sure as the rules that could still change it.

mod action;
mod policy;
mod rule;
mod text;
mod truth;

pub use action::Action;
pub use policy::AuthorizationPolicy;

pub(crate) use self::truth::Truth;
use crate::{
    Mesh,
    name::Name,
    unknown::{Answer, Unknown},
    workload::Pod,
};

/// A class of callers, by what a proxy sees of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The URI SANs of the caller's certificate without their scheme. Empty in plaintext.
    pub principals: Vec<String>,
}

/// The traffic of a caller as the proxy of the server sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// A connection of which only the port is known.
    Connection,
    /// A request.
    Request { method: String, path: String },
}

/// What a caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The port of the container.
    pub port: u16,
    pub traffic: Traffic,
}

/// Whether a caller gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Allowed,
    Denied,
}

/// Whether a caller gets in, and who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub access: Access,
    /// The policy that allowed or denied; `None` when no policy concerns the pod, or when no ALLOW policy allows.
    pub decided_by: Option<Name>,
    /// The ALLOW policies of which none allowed.
    pub without: Vec<Name>,
}

/// What the policies answer.
///
/// # Errors
///
/// Everything that could still change the answer and is not known.
pub fn access(
    pod: &Pod,
    caller: &Caller,
    request: &Request,
    policies: &[AuthorizationPolicy],
    mesh: &Mesh,
) -> Answer<Decision> {
    let concerned: Vec<&AuthorizationPolicy> =
        policies.iter().filter(|policy| policy.is_enforced() && policy.concerns(pod, mesh)).collect();
    let of = |action| concerned.iter().filter(move |policy| policy.action() == action);
    let mut unknown: Vec<Unknown> = Vec::new();
    for policy in of(Action::Custom) {
        if !matches!(policy.matches(caller, request, mesh), Truth::False) {
            unknown.push(Unknown::new(policy.name(), "spec.provider", "an external service decides"));
        }
    }
    for policy in of(Action::Deny) {
        match policy.matches(caller, request, mesh) {
            Truth::True => {
                // Whatever an external service says, this policy denies as well.
                let decided_by = Some(policy.name().clone());
                return Ok(Decision { access: Access::Denied, decided_by, without: Vec::new() });
            }
            Truth::Unknown(why) => unknown.extend(why),
            Truth::False => {}
        }
    }
    let mut allows = of(Action::Allow).peekable();
    if allows.peek().is_none() {
        let free = Decision { access: Access::Allowed, decided_by: None, without: Vec::new() };
        return if unknown.is_empty() { Ok(free) } else { Err(unknown) };
    }
    let mut without = Vec::new();
    let mut perhaps = Vec::new();
    for policy in allows {
        match policy.matches(caller, request, mesh) {
            Truth::True => {
                let decided_by = Some(policy.name().clone());
                let allowed = Decision { access: Access::Allowed, decided_by, without: Vec::new() };
                return if unknown.is_empty() { Ok(allowed) } else { Err(unknown) };
            }
            Truth::Unknown(why) => perhaps.extend(why),
            Truth::False => without.push(policy.name().clone()),
        }
    }
    if perhaps.is_empty() {
        // Nobody allows: an external service and an unknown DENY can only deny as well.
        return Ok(Decision { access: Access::Denied, decided_by: None, without });
    }
    unknown.extend(perhaps);
    Err(unknown)
}

#[cfg(test)]
mod tests;
