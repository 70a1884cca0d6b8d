//! SPIRE: server and agent.

use crate::kubernetes::Reference;

pub const NAMESPACE: &str = "spire-system";
/// The seed's trust domain.
pub const TRUST_DOMAIN: &str = "x0tta6bl4.mesh";

pub(super) fn programs() -> Vec<Reference> {
    vec![
        Reference::new("apps/v1", "StatefulSet", Some(NAMESPACE), "spire-server"),
        Reference::new("apps/v1", "DaemonSet", Some(NAMESPACE), "spire-agent"),
    ]
}
