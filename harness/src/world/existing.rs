//! A cluster that is not ours: looked at, never changed.

use std::path::Path;

use super::{Changes, Cluster, Ground, World, host_features};
use crate::{
    kubernetes::{Kube, KubeError},
    stack::Sources,
};

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

/// What must be served by the API for a feature to count as there.
const SIGNS: [(&str, &str, &str); 3] = [
    ("cert-manager", "cert-manager.io/v1", "Certificate"),
    ("istio", "security.istio.io/v1", "PeerAuthentication"),
    ("spire", "apps/v1", "DaemonSet"),
];

/// Connects with the file's current context and looks at what is there. `sources` are what a scenario may hold against it.
///
/// # Errors
///
/// When the file names no usable cluster or the cluster does not answer.
pub async fn attach(kubeconfig: &Path, sources: Sources) -> Result<World, ExistingError> {
    let kube = Kube::from_file(kubeconfig).await?;
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
    // Identities for the occasion are signed by cert-manager, workloads stand behind Istio's sidecars.
    if features.contains("istio") && features.contains("cert-manager") {
        features.insert("mesh".to_owned());
    }
    Ok(World {
        name: "existing",
        detail: format!("the cluster of {}, {version}; nothing is installed or changed", kubeconfig.display()),
        features,
        changes: Changes::ReadOnly,
        sources,
        rigs: None,
        ground: Ground::Cluster(Box::new(Cluster { kube, trees: None })),
    })
}
