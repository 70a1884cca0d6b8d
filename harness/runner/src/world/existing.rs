//! An existing cluster of the user. A run reads it and does no more than the user allows.
//!
//! Scenarios with other effects are planned as not applicable (`scenario::effects`), and the Kubernetes client of this
//! world refuses their requests as well. The limitations in the report describe only what that client may send.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use mtls_core::scenario::{
    Offered,
    effects::{Allowance, Permissions},
};
use mtls_kubernetes::{Access, Exception, Kube, KubeError};
use serde_json::{Value, json};

use super::{World, host_features, kubernetes::Kubernetes};
use crate::stack::{Sources, cert_manager};

#[derive(Debug, thiserror::Error)]
pub enum ExistingError {
    #[error("the cluster of {kubeconfig} does not answer")]
    Silent {
        kubeconfig: String,
        #[source]
        source: KubeError,
    },
    #[error(transparent)]
    Kube(#[from] KubeError),
}

/// The name of this kind of world.
pub(super) const NAME: &str = "existing";
/// The resource that the API server must serve for each feature.
const SIGNS: [(&str, &str, &str); 3] = [
    ("cert-manager", "cert-manager.io/v1", "Certificate"),
    ("istio", "security.istio.io/v1", "PeerAuthentication"),
    ("spire", "apps/v1", "DaemonSet"),
];

/// Connects with the current context of the file and detects the features of the cluster. `sources` are the trees that
/// scenarios may compare with the cluster.
///
/// # Errors
///
/// When the file names no usable cluster or the cluster does not answer.
pub async fn attach(
    kubeconfig: &Path,
    sources: Sources,
    allowed: &BTreeSet<Allowance>,
) -> Result<World, ExistingError> {
    let kube = Kube::from_file(kubeconfig, access(allowed)).await?;
    let version = kube
        .version()
        .await
        .map_err(|source| ExistingError::Silent { kubeconfig: kubeconfig.display().to_string(), source })?;
    let mut features = host_features();
    features.insert("kubernetes".to_owned());
    for (feature, api_version, kind) in SIGNS {
        let namespace = (feature == "spire").then_some(crate::stack::spire::NAMESPACE);
        match kube.list(api_version, kind, namespace, None).await {
            Ok(items) if feature != "spire" || !items.is_empty() => {
                features.insert(feature.to_owned());
            }
            Ok(_) | Err(KubeError::NoSuchKind { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // cert-manager signs ephemeral identities, and workloads are behind Istio's sidecars.
    if features.contains("istio") && features.contains("cert-manager") {
        features.insert("mesh".to_owned());
    }
    let detail = format!("the cluster of {}, {version}; {}", kubeconfig.display(), in_short(allowed));
    let permissions = Permissions::Reading(allowed.clone());
    let offered = Offered { world: NAME.to_owned(), features, permissions };
    let backend = Kubernetes { kube, offered, trees: None, facts: facts(allowed) };
    Ok(World::new(Arc::new(backend), detail, sources))
}

/// The features of a user's cluster in which everything is found.
pub fn existing_features() -> BTreeSet<String> {
    let found = SIGNS.map(|(feature, ..)| feature).into_iter().chain(["kubernetes", "mesh"]);
    found.map(str::to_owned).chain(host_features()).collect()
}

/// The effects of a run on the cluster, in one line.
pub(super) fn in_short(allowed: &BTreeSet<Allowance>) -> String {
    let options: Vec<String> = allowed.iter().map(|one| format!("{} ({})", one.option(), means(*one))).collect();
    match options.as_slice() {
        [] => "only read: get, list, watch".to_owned(),
        some => format!("read: get, list, watch; also allowed: {}", some.join(", ")),
    }
}

/// Facts for the report about a run with limited permissions.
fn facts(allowed: &BTreeSet<Allowance>) -> BTreeMap<String, Value> {
    let options: Vec<&str> = allowed.iter().map(|one| one.option()).collect();
    BTreeMap::from([("allowed".to_owned(), json!(options)), ("honesty".to_owned(), json!(limitations(allowed)))])
}

fn limitations(allowed: &BTreeSet<Allowance>) -> Vec<String> {
    let beside = if allowed.is_empty() { "anything" } else { "anything else" };
    let mut lines = vec![format!(
        "This run reads the cluster (get, list, watch, discovery); its client refuses {beside} before it is sent."
    )];
    for allowance in Allowance::ALL {
        let option = allowance.option();
        let line = match (allowance, allowed.contains(&allowance)) {
            (Allowance::Issue, true) => format!(
                "{option}: the issuer of the cluster signs certificates with identities of its mesh, for keys that this run generates, holds in memory and copies into the pods of its clients. The CertificateRequests, {}* in {}, are deleted when their scenario ends; the certificates stay valid until they expire, after one hour unless the scenario sets a lifetime.",
                cert_manager::REQUEST_PREFIX,
                cert_manager::NAMESPACE
            ),
            (Allowance::Probes, true) => format!(
                "{option}: this run executes programs in pods of the cluster, with the identities of those pods, and connects to workloads."
            ),
            (Allowance::Issue | Allowance::Probes, false) => {
                format!("Without {option} this run proves nothing that needs {}.", means(allowance))
            }
        };
        lines.push(line);
    }
    lines.push(
        "A scenario that inspects a Secret reads its key as well, and records only whether the key matches the certificate."
            .to_owned(),
    );
    lines
}

fn means(allowance: Allowance) -> &'static str {
    match allowance {
        Allowance::Issue => "certificates signed by its issuer",
        Allowance::Probes => "programs in its pods, with their identities, and calls to its workloads",
    }
}

/// The requests that the Kubernetes client of this world may send.
fn access(allowed: &BTreeSet<Allowance>) -> Access {
    let exceptions = allowed.iter().flat_map(|allowance| match allowance {
        Allowance::Issue => vec![Exception::Objects {
            collection: cert_manager::requests(),
            prefix: cert_manager::REQUEST_PREFIX.to_owned(),
        }],
        Allowance::Probes => vec![Exception::Exec, Exception::Proxy],
    });
    Access::Reading(exceptions.collect())
}
