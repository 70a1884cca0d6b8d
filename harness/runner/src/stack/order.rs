//! The wave in which an object is applied. Pure.
//!
//! Any order converges, but slowly: a Secret that is missing when a pod starts costs the kubelet's back-off (up to two
//! minutes), and so does a pod that is refused because the injector does not run yet.

use std::collections::BTreeSet;

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::kind_rank;

/// In the order of application; `Issuers` and `Mesh` are applied concurrently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wave {
    /// Namespaces, definitions, access, configuration, services, and programs without dependencies.
    Foundation,
    /// Issuers and certificates of cert-manager.
    Issuers,
    /// The identity servers, their registrations, and programs whose server certificate comes from an issuer.
    Identity,
    /// Policies of the mesh.
    Mesh,
    /// Programs that need a certificate, an SVID or a sidecar.
    Workloads,
}

/// Namespaces whose pods get a sidecar.
pub(super) fn injected(objects: &[DynamicObject]) -> BTreeSet<String> {
    objects
        .iter()
        .filter(|object| kind(object) == "Namespace")
        .filter(|object| {
            object
                .metadata
                .labels
                .as_ref()
                .is_some_and(|labels| labels.get("istio-injection").is_some_and(|value| value == "enabled"))
        })
        .filter_map(|object| object.metadata.name.clone())
        .collect()
}

pub(super) fn wave(object: &DynamicObject, injected: &BTreeSet<String>) -> Wave {
    let group =
        object.types.as_ref().map(|types| types.api_version.split('/').next().unwrap_or_default()).unwrap_or_default();
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let name = object.metadata.name.as_deref().unwrap_or_default();
    let is_program = kind_rank(kind(object)) == 5;
    match group {
        "cert-manager.io" => Wave::Issuers,
        super::spire::GROUP => Wave::Identity,
        super::trust_manager::GROUP => Wave::Workloads,
        group if group.ends_with(".istio.io") => Wave::Mesh,
        _ if is_program && namespace == super::spire::NAMESPACE => Wave::Identity,
        // Its webhook needs a certificate from cert-manager: a pod without it waits for the kubelet's back-off.
        _ if is_program && super::trust_manager::is_program(namespace, name) => Wave::Identity,
        _ if is_program && (injected.contains(namespace) || namespace == super::workload::OUTSIDE) => Wave::Workloads,
        _ => Wave::Foundation,
    }
}

pub(super) fn kind(object: &DynamicObject) -> &str {
    object.types.as_ref().map(|types| types.kind.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_find_their_wave() {
        let parse = |text: &str| -> DynamicObject { serde_saphyr::from_str(text).unwrap() };
        let objects = [
            parse("{apiVersion: v1, kind: Namespace, metadata: {name: prod, labels: {istio-injection: enabled}}}"),
            parse("{apiVersion: v1, kind: Namespace, metadata: {name: monitoring}}"),
        ];
        let injected = injected(&objects);
        let cases = [
            ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: prod}}", Wave::Workloads),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: prod}}", Wave::Foundation),
            ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: monitoring}}", Wave::Foundation),
            (
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: spire-server, namespace: spire-system}}",
                Wave::Identity,
            ),
            ("{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: a}}", Wave::Issuers),
            ("{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: a}}", Wave::Mesh),
            ("{apiVersion: spire.spiffe.io/v1alpha1, kind: ClusterSPIFFEID, metadata: {name: a}}", Wave::Identity),
            ("{apiVersion: trust.cert-manager.io/v1alpha1, kind: Bundle, metadata: {name: a}}", Wave::Workloads),
            (
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: trust-manager, namespace: cert-manager}}",
                Wave::Identity,
            ),
            (
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cert-manager, namespace: cert-manager}}",
                Wave::Foundation,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(wave(&parse(text), &injected), expected, "{text}");
        }
    }
}
