//! Dependencies on parts of the stack, as resource names by which the scheduler detects conflicting scenarios.

/// The programs that issue certificates. Certificates already issued stay valid without them, so only scenarios that
/// request new ones depend on them.
pub const ISSUING: &str = "programs of cert-manager";

/// The provider of a feature, if only scenarios that need the feature depend on it.
pub fn provider(feature: &str) -> Option<&'static str> {
    match feature {
        "cert-manager" => Some(ISSUING),
        "prometheus" | "alertmanager" => Some("monitoring"),
        _ => None,
    }
}

/// Whether everything with a sidecar, an SVID, a certificate or a DNS name depends on the programs of a namespace.
pub fn is_relied_on(namespace: &str) -> bool {
    ["cert-manager", "istio-system", "kube-system", "spire-system"].contains(&namespace)
}

/// Whether objects of this API group in this namespace are the programs that issue certificates.
pub fn issues(group: &str, namespace: &str) -> bool {
    namespace == "cert-manager" && group == "apps"
}

/// Whether objects of this API group result in certificates.
pub fn is_issued(group: &str) -> bool {
    group == "cert-manager.io"
}

/// The namespace of the programs that read identities from such cluster-scoped objects.
pub fn registers(group: &str) -> Option<&'static str> {
    (group == super::spire::GROUP).then_some(super::spire::NAMESPACE)
}

/// Whether such objects only configure sidecars: they change no program and no certificate.
pub fn is_policy(group: &str) -> bool {
    group.ends_with(".istio.io")
}
