//! What of the stack others rely on, in words that say where two scenarios meet.

/// The programs that issue certificates. While they stop, what was issued stands: only who has something issued relies on them.
pub const ISSUING: &str = "programs of cert-manager";

/// Where a feature of the world comes from, if only those who say that they need it rely on that.
pub fn provider(feature: &str) -> Option<&'static str> {
    match feature {
        "cert-manager" => Some(ISSUING),
        "prometheus" | "alertmanager" => Some("monitoring"),
        _ => None,
    }
}

/// Whether everything with a sidecar, an SVID, a certificate or a name relies on what is in a namespace.
pub fn is_relied_on(namespace: &str) -> bool {
    ["cert-manager", "istio-system", "kube-system", "spire-system"].contains(&namespace)
}

/// Whether objects of this API group are, in that namespace, the programs that issue.
pub fn issues(group: &str, namespace: &str) -> bool {
    namespace == "cert-manager" && group == "apps"
}

/// Whether such objects have to be issued.
pub fn is_issued(group: &str) -> bool {
    group == "cert-manager.io"
}

/// The namespace of the programs that such objects, which lie in none, tell who is who.
pub fn registers(group: &str) -> Option<&'static str> {
    (group == super::spire::GROUP).then_some(super::spire::NAMESPACE)
}

/// Whether such objects only tell sidecars what to do: no program and no certificate changes with them.
pub fn is_policy(group: &str) -> bool {
    group.ends_with(".istio.io")
}
