//! A small catalogue: the requirements that the canned scenarios name, and some that no scenario examines.

use mtls_core::evidence::plan::{
    Level::{Core, Extended, Hardening},
    PlannedRequirement,
};

use super::plan::requirement;

pub(crate) fn all() -> Vec<PlannedRequirement> {
    vec![
        requirement("MESH-01", Core, "A STRICT workload accepts only mutual TLS with a mesh identity.", "seed, Istio"),
        requirement("MESH-02", Core, "A PERMISSIVE workload accepts mutual TLS and plaintext.", "seed, Istio"),
        requirement(
            "PKI-07",
            Core,
            "Leaves live 30 days and are renewed 7 days before their end.",
            "seed, cert-manager",
        ),
        requirement(
            "PKI-09",
            Extended,
            "A chain that ends in another root is refused with unknown_ca.",
            "RFC 8446 6.2",
        ),
        requirement(
            "ROT-02",
            Core,
            "Deleting the Secret yields a new certificate within 30 seconds.",
            "seed, rotation",
        ),
        requirement("ROT-05", Extended, "Renewal of a leaf loses no request.", "expert"),
        requirement("ROT-06", Extended, "No handshake uses a certificate after its notAfter.", "RFC 5280 4.1.2.5"),
        requirement("ALERT-03", Extended, "A healthy renewal does not fire the expiry alert.", "finding F-01"),
        requirement("MON-01", Core, "Certificate expiry is exported as a metric.", "seed, monitoring"),
        requirement(
            "SVID-19",
            Extended,
            "A federated bundle is served to workloads that ask for it.",
            "SPIFFE federation 5",
        ),
        requirement("SVID-01", Core, "Every X509-SVID has exactly one URI SAN.", "X509-SVID 2"),
        requirement("SEC-04", Hardening, "Private keys are never readable by other workloads.", "expert"),
        requirement("TLS-02", Extended, "TLS 1.2 is the oldest version that is answered.", "RFC 9325 3.1.1"),
    ]
}
