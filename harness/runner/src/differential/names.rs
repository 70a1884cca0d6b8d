//! Names and ports that the generated policies and the pods of a comparison share.

/// Namespaces that are made for a comparison.
pub(super) const NAMESPACES: [&str; 3] = ["mesh-check-a", "mesh-check-b", "mesh-check-c"];
/// The ports that are compared: declared HTTP, declared TCP, without a declaration, and in no Service.
pub(super) const PORTS: [u16; 4] = [8080, 9000, 7000, 6000];
/// The trust domain of the kind world.
pub(super) const TRUST_DOMAIN: &str = "x0tta6bl4.mesh";
/// Every object of a comparison has it.
pub(super) const LABEL: &str = "mtls-e2e/differential";

/// The name of the policy that shows that a batch was pushed.
pub(super) fn marker(batch: usize) -> String {
    format!("marker-{batch}")
}
