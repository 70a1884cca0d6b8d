//! trust-manager: its program, and the object that says whom a namespace trusts.
//!
//! Does not make trust bundles: that is the program's work.

use super::cert_manager;
use crate::kubernetes::Reference;

/// The API group of Bundles.
pub(super) const GROUP: &str = "trust.cert-manager.io";
const VERSION: &str = "trust.cert-manager.io/v1alpha1";
const PROGRAM: &str = "trust-manager";

/// The Bundle of that name: what its sources hold stands in a `ConfigMap` of the same name in each namespace that it selects.
pub fn bundle(name: &str) -> Reference {
    Reference::new(VERSION, "Bundle", None, name)
}

/// Whether that is its Deployment.
pub(super) fn is_program(namespace: &str, name: &str) -> bool {
    namespace == cert_manager::NAMESPACE && name == PROGRAM
}

pub(super) fn programs() -> Vec<Reference> {
    vec![Reference::new("apps/v1", "Deployment", Some(cert_manager::NAMESPACE), PROGRAM)]
}
