//! Applies the trees wave by wave and waits until each wave is ready.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Kube, KubeError, Reference, kind_rank};

use super::{
    cert_manager, istio, monitoring,
    order::{Wave, injected, kind, wave},
    spire,
    trees::{TreeError, Trees},
    trust_manager,
};

/// Why an installation failed, with the phase.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("{phase}")]
    Kube {
        phase: &'static str,
        #[source]
        source: KubeError,
    },
}

/// The result of an installation.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Number of applied objects.
    pub objects: usize,
}

/// The trees of every world. `istio-metrics` is separate: it needs a definition from `platform`.
const TREES: [&str; 4] = ["platform", "platform/istio-metrics", "mtls", "lab/outside"];

/// Timeout of one product. On two cores the slowest takes about 45 s.
const PRODUCT_LIMIT: Duration = Duration::from_secs(180);

/// Installs the whole stack. Reports each phase with its duration.
///
/// # Errors
///
/// The first object that is refused or does not become Ready, with its last observed state.
pub async fn install(
    kube: &Kube,
    trees: &Trees,
    phase: &(dyn Fn(&str, Duration) + Sync),
) -> Result<Installation, InstallError> {
    let started = Instant::now();
    let mut objects = Vec::new();
    for tree in TREES {
        objects.extend(trees.render(tree).await?);
    }
    let mut objects = last_of_each(objects);
    objects.sort_by_key(|object| kind_rank(kind(object)));
    phase("render trees", started.elapsed());
    let namespaces = injected(&objects);
    let of = |wanted: Wave| -> Vec<&DynamicObject> {
        objects.iter().filter(|object| wave(object, &namespaces) == wanted).collect()
    };

    let started = Instant::now();
    apply(kube, &of(Wave::Foundation))
        .await
        .map_err(|source| InstallError::Kube { phase: "apply the foundation", source })?;
    phase("apply foundation", started.elapsed());

    let identity = async {
        let started = Instant::now();
        ready(kube, &cert_manager::programs(), "cert-manager").await?;
        let issuers = of(Wave::Issuers);
        apply(kube, &issuers)
            .await
            .map_err(|source| InstallError::Kube { phase: "apply issuers and certificates", source })?;
        ready(kube, &references(&issuers), "issuers and certificates").await?;
        phase("cert-manager, issuers, certificates", started.elapsed());
        let started = Instant::now();
        apply(kube, &of(Wave::Identity)).await.map_err(|source| InstallError::Kube { phase: "apply SPIRE", source })?;
        let (servers, distributor) = (spire::programs(), trust_manager::programs());
        tokio::try_join!(ready(kube, &servers, "SPIRE"), ready(kube, &distributor, "trust-manager"))?;
        phase("SPIRE", started.elapsed());
        Ok::<_, InstallError>(())
    };
    let mesh = async {
        let started = Instant::now();
        ready(kube, &istio::programs(), "istiod").await?;
        apply(kube, &of(Wave::Mesh))
            .await
            .map_err(|source| InstallError::Kube { phase: "apply mesh policies", source })?;
        phase("istiod and policies", started.elapsed());
        Ok::<_, InstallError>(())
    };
    tokio::try_join!(identity, mesh)?;

    let started = Instant::now();
    let workloads = of(Wave::Workloads);
    apply(kube, &workloads).await.map_err(|source| InstallError::Kube { phase: "apply workloads", source })?;
    let watched = async {
        ready(kube, &monitoring::programs(), "monitoring").await?;
        ready(kube, &references(&workloads), "workloads").await
    };
    watched.await?;
    istio::wait_without_rejects(kube, PRODUCT_LIMIT)
        .await
        .map_err(|source| InstallError::Kube { phase: "gate on rejected configuration", source })?;
    phase("workloads and monitoring", started.elapsed());
    Ok(Installation { objects: objects.len() })
}

/// Of objects in several trees, the last one is applied: a system under test may configure the platform differently.
fn last_of_each(objects: Vec<DynamicObject>) -> Vec<DynamicObject> {
    let mut places = HashMap::new();
    let mut kept: Vec<DynamicObject> = Vec::new();
    for object in objects {
        let kind = object.types.as_ref().map(|types| (types.api_version.clone(), types.kind.clone()));
        match places.entry((kind, object.metadata.namespace.clone(), object.metadata.name.clone())) {
            Entry::Occupied(place) => kept[*place.get()] = object,
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(object);
            }
        }
    }
    kept
}

/// Applies objects by rank; those of equal rank concurrently.
pub(crate) async fn apply(kube: &Kube, objects: &[&DynamicObject]) -> Result<(), KubeError> {
    for rank in 0..=7 {
        let same: Vec<_> = objects.iter().filter(|object| kind_rank(kind(object)) == rank).collect();
        stream::iter(same)
            .map(|object| kube.apply(object, PRODUCT_LIMIT))
            .buffer_unordered(8)
            .try_collect::<Vec<()>>()
            .await?;
    }
    Ok(())
}

async fn ready(kube: &Kube, references: &[Reference], phase: &'static str) -> Result<(), InstallError> {
    let waits = references.iter().map(|reference| kube.wait_ready(reference, PRODUCT_LIMIT));
    futures::future::try_join_all(waits).await.map(|_| ()).map_err(|source| InstallError::Kube { phase, source })
}

fn references(objects: &[&DynamicObject]) -> Vec<Reference> {
    objects.iter().filter_map(|object| Reference::of(object).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_trees_says_what_an_object_is() {
        let parse = |text: &str| -> DynamicObject { serde_saphyr::from_str(text).unwrap() };
        let objects = [
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: a}, data: {from: platform}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: istio, namespace: a}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: b}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: a}, data: {from: system}}",
        ];
        let kept = last_of_each(objects.map(parse).into());
        let named: Vec<_> = kept.iter().map(|object| (kind(object), object.metadata.namespace.as_deref())).collect();
        assert_eq!(named, [("ConfigMap", Some("a")), ("Secret", Some("a")), ("ConfigMap", Some("b"))]);
        assert_eq!(kept[0].data["data"]["from"], "system");
    }
}
