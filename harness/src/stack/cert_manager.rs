//! cert-manager: its programs and the seed's names.

use crate::kubernetes::Reference;

pub const NAMESPACE: &str = "cert-manager";
/// Signs what the harness asks for in the name of the mesh.
pub const INTERMEDIATE_ISSUER: &str = "x0tta6bl4-intermediate-ca";

/// What must be Ready before a Certificate is admitted.
pub(super) fn programs() -> Vec<Reference> {
    ["cert-manager", "cert-manager-webhook", "cert-manager-cainjector"].map(|name| Reference::new("apps/v1", "Deployment", Some(NAMESPACE), name)).into()
}
