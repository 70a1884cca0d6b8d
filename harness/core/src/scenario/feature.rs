//! Features: what a scenario may need of a world. Which world offers them is not here: see `world`.

/// What a scenario may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// As scenario files spell it.
    pub name: &'static str,
    pub meaning: &'static str,
}

/// Every feature.
pub const FEATURES: [Feature; 12] = [
    feature("kubernetes", "a Kubernetes API"),
    feature(
        "mesh",
        "workloads behind sidecars under declared policies, and an issuer of ephemeral identities, of any product",
    ),
    feature("local-client", "the reference client as a process of this machine, with ephemeral servers and files"),
    feature("ca-proxy", "a stock proxy with a CA bundle beside every sidecar"),
    feature("leaf-files", "certificates of participants as files that the world itself renews on demand"),
    feature("cert-manager", "cert-manager"),
    feature("spire", "SPIRE and its Workload API"),
    feature("istio", "Istio"),
    feature("prometheus", "Prometheus with the rules of the trees"),
    feature("alertmanager", "Alertmanager and its receiver"),
    feature("promtool", "the program `promtool` on this machine"),
    feature("printed-commands", "a console of the cluster on which documented commands may be run"),
];

/// The names of all features.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    FEATURES.into_iter().map(|feature| feature.name)
}

const fn feature(name: &'static str, meaning: &'static str) -> Feature {
    Feature { name, meaning }
}
