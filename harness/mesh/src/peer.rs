//! The effective mode of a port, from `PeerAuthentication` (`pilot/pkg/model/authentication.go`,
//! `pilot/pkg/security/authn/policy_applier.go`, `ComposePeerAuthentication`).
//!
//! Of several policies at one level the oldest counts, as a whole; of equally old ones the first by name. A policy with a
//! selector in the root namespace concerns nobody. `portLevelMtls` is keyed by the port of the container, and is read
//! from the policy of the workload only.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Mesh,
    name::Name,
    object::{Object, selector, selects},
    unknown::{Answer, Unknown},
    workload::Pod,
};

/// How a port handles clients without a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    /// Every connection is plaintext.
    Disable,
    /// Mutual TLS of the mesh, and plaintext.
    Permissive,
    /// Mutual TLS only.
    Strict,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "DISABLE",
            Self::Permissive => "PERMISSIVE",
            Self::Strict => "STRICT",
        })
    }
}

/// The scope of the setting that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Port,
    Workload,
    Namespace,
    Mesh,
}

/// What decided the mode of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    Policy {
        policy: Name,
        level: Level,
    },
    /// No policy sets a mode: PERMISSIVE.
    Default,
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy { policy, level: Level::Port } => write!(f, "{policy} (portLevelMtls)"),
            Self::Policy { policy, .. } => write!(f, "{policy}"),
            Self::Default => f.write_str("no PeerAuthentication"),
        }
    }
}

/// Why a policy that could have decided did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An older policy of the same level counts alone.
    Younger { than: Name },
    /// A selector in the root namespace concerns nobody.
    SelectorInRootNamespace,
    /// `portLevelMtls` needs a selector.
    PortsWithoutSelector,
    /// It sets no mode for this port.
    Unset,
    /// A narrower policy sets the mode.
    Overridden { by: Name },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Younger { than } => write!(f, "{than} is older and counts alone"),
            Self::SelectorInRootNamespace => f.write_str("a selector in the root namespace selects nobody"),
            Self::PortsWithoutSelector => f.write_str("portLevelMtls has no effect without a selector"),
            Self::Unset => f.write_str("it sets no mode here"),
            Self::Overridden { by } => write!(f, "{by} is narrower"),
        }
    }
}

/// A policy that did not decide, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    pub policy: Name,
    pub reason: Reason,
}

/// The mode of a port, who decided it, and who did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    pub mode: Mode,
    pub decided_by: Decider,
    pub passed_over: Vec<PassedOver>,
}

/// A `PeerAuthentication`.
#[derive(Clone, Debug)]
pub struct PeerAuthentication {
    object: Object,
    selector: BTreeMap<String, String>,
    mode: Option<Mode>,
    ports: BTreeMap<u16, Option<Mode>>,
}

impl PeerAuthentication {
    /// Reads a policy of any served version.
    ///
    /// # Errors
    ///
    /// Every field that is not understood.
    pub fn read(object: Object) -> Answer<Self> {
        let mut unknown = object.unknown_fields(&object.spec, "spec", &["selector", "mtls", "portLevelMtls"]);
        let selector = selector(&object).unwrap_or_else(|problems| {
            unknown.extend(problems);
            BTreeMap::new()
        });
        let mut mode_at = |value: &Value, path: String| match mode(value) {
            Ok(mode) => mode,
            Err(why) => {
                unknown.push(Unknown::new(&object.name, path, why));
                None
            }
        };
        let mode = mode_at(&object.spec["mtls"], "spec.mtls".to_owned());
        let mut ports = BTreeMap::new();
        let mut wrong = Vec::new();
        for (port, value) in object.spec["portLevelMtls"].as_object().into_iter().flatten() {
            let path = format!("spec.portLevelMtls.{port}");
            match port.parse() {
                Ok(number) => drop(ports.insert(number, mode_at(value, path))),
                Err(_) => wrong.push(Unknown::new(&object.name, path, "is not a port number")),
            }
        }
        unknown.extend(wrong);
        if unknown.is_empty() { Ok(Self { object, selector, mode, ports }) } else { Err(unknown) }
    }

    pub fn name(&self) -> &Name {
        &self.object.name
    }

    /// Whether it concerns single workloads rather than a namespace.
    pub fn has_selector(&self) -> bool {
        !self.selector.is_empty()
    }

    /// Whether it concerns this pod, whatever other policies say.
    pub fn concerns(&self, pod: &Pod, mesh: &Mesh) -> bool {
        let namespace = &self.object.name.namespace;
        if self.has_selector() {
            *namespace != mesh.root_namespace
                && *namespace == pod.name.namespace
                && selects(&self.selector, &pod.labels)
        } else {
            *namespace == mesh.root_namespace || *namespace == pod.name.namespace
        }
    }

    /// The modes that it sets, the weakest first: of the whole policy, then of ports.
    pub fn modes(&self) -> impl Iterator<Item = Mode> {
        self.mode.into_iter().chain(self.ports.values().copied().flatten())
    }
}

fn mode(mtls: &Value) -> Result<Option<Mode>, String> {
    if let Some(other) = mtls.as_object().into_iter().flatten().find(|(key, _)| *key != "mode") {
        return Err(format!("`{}` is not understood", other.0));
    }
    match &mtls["mode"] {
        Value::Null => Ok(None),
        Value::String(word) => match word.as_str() {
            "UNSET" => Ok(None),
            "DISABLE" => Ok(Some(Mode::Disable)),
            "PERMISSIVE" => Ok(Some(Mode::Permissive)),
            "STRICT" => Ok(Some(Mode::Strict)),
            other => Err(format!("`{other}` is no mode")),
        },
        other => Err(format!("{other} is no mode")),
    }
}

/// The mode of a port of a pod. `port` is the port of the container; it need not be declared anywhere.
pub fn effective_mode(pod: &Pod, port: u16, policies: &[PeerAuthentication], mesh: &Mesh) -> Effective {
    let mut sorted: Vec<&PeerAuthentication> = policies.iter().collect();
    sorted.sort_by(|one, other| one.object.age_order().cmp(&other.object.age_order()));
    let mut passed_over = Vec::new();
    let mut pass = |policy: &PeerAuthentication, reason: Reason| {
        passed_over.push(PassedOver { policy: policy.name().clone(), reason });
    };
    let (mut workload, mut namespace, mut root) = (None, None, None);
    for policy in sorted {
        let is_in_root = policy.object.name.namespace == mesh.root_namespace;
        if policy.has_selector() && is_in_root && selects(&policy.selector, &pod.labels) {
            pass(policy, Reason::SelectorInRootNamespace);
        }
        if !policy.concerns(pod, mesh) {
            continue;
        }
        let place = match (policy.has_selector(), is_in_root) {
            (true, _) => &mut workload,
            (false, true) => &mut root,
            (false, false) => &mut namespace,
        };
        match place {
            None => *place = Some(policy),
            Some(older) => pass(policy, Reason::Younger { than: PeerAuthentication::name(older).clone() }),
        }
    }
    let mut decided: Option<(Mode, Decider, Name)> = None;
    let scopes =
        [(workload, Level::Port), (workload, Level::Workload), (namespace, Level::Namespace), (root, Level::Mesh)];
    for (policy, level) in scopes {
        let Some(policy) = policy else { continue };
        let set = if level == Level::Port { policy.ports.get(&port).copied().flatten() } else { policy.mode };
        match (set, &decided) {
            (Some(mode), None) => {
                decided = Some((mode, Decider::Policy { policy: policy.name().clone(), level }, policy.name().clone()));
            }
            (_, Some((_, _, by))) if by != policy.name() => pass(policy, Reason::Overridden { by: by.clone() }),
            (None, None) if level != Level::Port => pass(policy, Reason::Unset),
            _ => {}
        }
        if level >= Level::Namespace && !policy.ports.is_empty() {
            pass(policy, Reason::PortsWithoutSelector);
        }
    }
    let (mode, decided_by) = decided.map_or((Mode::Permissive, Decider::Default), |(mode, by, _)| (mode, by));
    Effective { mode, decided_by, passed_over }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(namespace: &str, name: &str, spec: &Value) -> Value {
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        })
    }

    fn aged(mut policy: Value, day: u8) -> Value {
        policy["metadata"]["creationTimestamp"] = json!(format!("2026-01-0{day}T00:00:00Z"));
        policy
    }

    fn pod() -> Pod {
        Pod::read(&json!({
            "kind": "Pod", "metadata": {"name": "api-0", "namespace": "n", "labels": {"app": "api", "part-of": "retail"}},
            "spec": {"containers": [{"name": "istio-proxy"}, {"name": "api"}]},
        }))
        .unwrap()
    }

    fn effective(policies: &[Value], port: u16) -> Effective {
        let read = |value: &Value| PeerAuthentication::read(Object::read(value).unwrap()).unwrap();
        let policies: Vec<PeerAuthentication> = policies.iter().map(read).collect();
        effective_mode(&pod(), port, &policies, &Mesh::default())
    }

    #[test]
    fn the_narrowest_policy_that_sets_a_mode_decides() {
        use Mode::{Disable, Permissive, Strict};
        let mesh = |mode: &str| policy("istio-system", "mesh", &json!({"mtls": {"mode": mode}}));
        let space = |mode: &str| policy("n", "space", &json!({"mtls": {"mode": mode}}));
        let label = json!({"matchLabels": {"part-of": "retail"}});
        let pod = |mode: &str| policy("n", "pod", &json!({"selector": label, "mtls": {"mode": mode}}));
        let port =
            |mode: &str| policy("n", "port", &json!({"selector": label, "portLevelMtls": {"9090": {"mode": mode}}}));
        let other =
            policy("n", "other", &json!({"selector": {"matchLabels": {"app": "x"}}, "mtls": {"mode": "DISABLE"}}));
        for (number, (policies, expected, decider)) in [
            (vec![], Permissive, "no PeerAuthentication"),
            (vec![mesh("STRICT")], Strict, "PeerAuthentication istio-system/mesh"),
            (vec![mesh("STRICT"), space("PERMISSIVE")], Permissive, "PeerAuthentication n/space"),
            (vec![mesh("STRICT"), space("UNSET")], Strict, "PeerAuthentication istio-system/mesh"),
            (vec![mesh("STRICT"), space("STRICT"), pod("PERMISSIVE")], Permissive, "PeerAuthentication n/pod"),
            (vec![space("STRICT"), port("PERMISSIVE")], Permissive, "PeerAuthentication n/port (portLevelMtls)"),
            (vec![space("STRICT"), port("UNSET")], Strict, "PeerAuthentication n/space"),
            (vec![space("STRICT"), port("DISABLE")], Disable, "PeerAuthentication n/port (portLevelMtls)"),
            (vec![space("STRICT"), other], Strict, "PeerAuthentication n/space"),
            (vec![mesh("UNSET")], Permissive, "no PeerAuthentication"),
            (
                vec![mesh("STRICT"), policy("m", "x", &json!({"mtls": {"mode": "DISABLE"}}))],
                Strict,
                "PeerAuthentication istio-system/mesh",
            ),
            (
                vec![mesh("STRICT"), policy("n", "x", &json!({"selector": {}, "mtls": {"mode": "DISABLE"}}))],
                Disable,
                "PeerAuthentication n/x",
            ),
            (
                vec![policy("istio-system", "x", &json!({"selector": label, "mtls": {"mode": "STRICT"}}))],
                Permissive,
                "no PeerAuthentication",
            ),
            (vec![space("DISABLE"), pod("UNSET")], Disable, "PeerAuthentication n/space"),
            // Without a selector, ports have no effect.
            (
                vec![policy(
                    "n",
                    "x",
                    &json!({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"9090": {"mode": "DISABLE"}}}),
                )],
                Strict,
                "PeerAuthentication n/x",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let effective = effective(&policies, 9090);
            assert_eq!(
                (effective.mode, effective.decided_by.to_string().as_str()),
                (expected, decider),
                "row {number}"
            );
        }
        assert_eq!(effective(&[space("STRICT"), port("PERMISSIVE")], 8080).mode, Strict, "another port");
    }

    #[test]
    fn the_oldest_counts_as_a_whole_and_the_others_say_why_not() {
        let label = json!({"matchLabels": {"app": "api"}});
        let old = aged(
            policy("n", "z-old", &json!({"selector": label, "portLevelMtls": {"8080": {"mode": "PERMISSIVE"}}})),
            1,
        );
        let young = aged(
            policy("n", "a-young", &json!({"selector": label, "portLevelMtls": {"9090": {"mode": "PERMISSIVE"}}})),
            2,
        );
        let space = policy("n", "space", &json!({"mtls": {"mode": "STRICT"}}));
        let effective = effective(&[young, old, space], 9090);
        assert_eq!(effective.mode, Mode::Strict, "the port of the younger policy does not count");
        let reasons: Vec<String> =
            effective.passed_over.iter().map(|one| format!("{}: {}", one.policy.name, one.reason)).collect();
        assert!(
            reasons.contains(&"a-young: PeerAuthentication n/z-old is older and counts alone".to_owned()),
            "{reasons:?}"
        );
    }

    #[test]
    fn of_equally_old_policies_the_first_name_counts() {
        let of = |name: &str, mode: &str| aged(policy("n", name, &json!({"mtls": {"mode": mode}})), 1);
        assert_eq!(effective(&[of("b", "STRICT"), of("a", "PERMISSIVE")], 1).mode, Mode::Permissive);
        assert_eq!(effective(&[of("a", "STRICT"), of("b", "PERMISSIVE")], 1).mode, Mode::Strict);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (spec, field) in [
            (json!({"mtls": {"mode": "STRIKT"}}), "spec.mtls"),
            (json!({"mtls": {"mode": 1}}), "spec.mtls"),
            (json!({"portLevelMtls": {"http": {"mode": "STRICT"}}}), "spec.portLevelMtls.http"),
            (json!({"selector": {"matchExpressions": []}}), "spec.selector.matchExpressions"),
            (json!({"targetRefs": [{}]}), "spec.targetRefs"),
        ] {
            let unknown = PeerAuthentication::read(Object::read(&policy("n", "p", &spec)).unwrap()).unwrap_err();
            assert_eq!(unknown[0].field, field, "{spec}");
        }
    }
}
