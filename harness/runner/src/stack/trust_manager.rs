//! trust-manager: its program, and the object that defines the trusted roots of a namespace.
//!
//! Not here: distributing trust bundles, which is the program's task.

use mtls_kubernetes::Reference;

use super::cert_manager;

/// The API group of Bundles.
pub(super) const GROUP: &str = "trust.cert-manager.io";
const VERSION: &str = "trust.cert-manager.io/v1alpha1";
const PROGRAM: &str = "trust-manager";

/// The Bundle with a name: trust-manager copies its sources into a `ConfigMap` of the same name in each selected
/// namespace.
pub fn bundle(name: &str) -> Reference {
    Reference::new(VERSION, "Bundle", None, name)
}

/// Whether a Deployment is trust-manager.
pub(super) fn is_program(namespace: &str, name: &str) -> bool {
    namespace == cert_manager::NAMESPACE && name == PROGRAM
}

pub(super) fn programs() -> Vec<Reference> {
    vec![Reference::new("apps/v1", "Deployment", Some(cert_manager::NAMESPACE), PROGRAM)]
}
