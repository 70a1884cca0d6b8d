//! The kind world: Kubernetes nodes in containers with the whole stack installed.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use mtls_core::scenario::{Offered, effects::Permissions};
use mtls_images::StackName;
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Access, Kube, KubeError, Reference};

use super::{LOCAL_CLIENT, World, host_features, kubernetes::Kubernetes};
use crate::{
    cluster::{Cluster, ClusterError, ClusterRequest, Engine, EngineError},
    stack::{InstallError, Sources, TreeError, Trees, install},
};

/// The nodes of a kind world.
#[derive(Clone, Debug, Default)]
pub struct KindRequest {
    /// Name of the world in the engine.
    pub name: String,
    pub node_image: String,
    /// The set of versions in the image; the trees must fit it.
    pub stack: StackName,
    /// One control plane, and workers.
    pub nodes: usize,
    pub kubeconfig: PathBuf,
}

/// A kind world, and whether it was found or created.
#[derive(Clone, Debug)]
pub struct KindWorld {
    pub world: World,
    pub cluster: Cluster,
    pub reuse: Reuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// An earlier command created it.
    Found,
    Made,
}

#[derive(Debug, thiserror::Error)]
pub enum KindError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Kube(#[from] KubeError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the stack cannot be installed: {0}")]
    Install(#[from] InstallError),
    #[error("the creation of the world {name} did not finish; `cargo xtask down --name {name}` removes it")]
    Unfinished { name: String },
    #[error(
        "the world {name} has the image {found}, but {wanted} is current; `cargo xtask down --name {name}` removes it"
    )]
    Outdated { name: String, found: String, wanted: String },
    #[error(
        "the world {name} has the stack `{found}`, but `{wanted}` was requested; use `--stack {found}`, or remove it with `cargo xtask down --name {name}`"
    )]
    OtherStack { name: String, found: StackName, wanted: StackName },
    #[error("the marker of the world cannot be serialized: {0}")]
    Marker(#[from] serde_json::Error),
}

/// The name of this kind of world.
pub(super) const NAME: &str = "kind";
/// A kept world outlives its command for this long; after that, `clean --expired` removes it.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const NODE_LIMIT: Duration = Duration::from_secs(120);

/// Finds the world by name or creates it for the run `run`, with the trees `sources`. Reports the name and the duration of
/// each phase to `phase`.
///
/// # Errors
///
/// The failed phase with the last observed state. The objects created by then stay; the caller keeps or removes them.
pub async fn up(
    engine: &Engine,
    run: &str,
    requested: &KindRequest,
    sources: Sources,
    phase: &(dyn Fn(&str, Duration) + Sync),
) -> Result<KindWorld, KindError> {
    let started = Instant::now();
    let sources = sources.of_stack(&requested.stack);
    if let Some(cluster) = Cluster::find(engine, &requested.name, requested.kubeconfig.clone()).await? {
        let kube = Kube::from_file(&cluster.kubeconfig, Access::Full).await?;
        check_marker(&kube, requested).await?;
        let trees = Trees::copy(engine, &cluster.control_plane, &sources).await?;
        phase("world found, trees copied", started.elapsed());
        return Ok(KindWorld {
            world: world(&requested.name, kube, sources, trees, Reuse::Found),
            cluster,
            reuse: Reuse::Found,
        });
    }
    let request = ClusterRequest {
        name: requested.name.clone(),
        image: requested.node_image.clone(),
        nodes: requested.nodes,
        run: run.to_owned(),
        lifetime: LIFETIME,
        kubeconfig: requested.kubeconfig.clone(),
    };
    let cluster = Cluster::create(engine, &request, phase).await?;
    let started = Instant::now();
    let kube = Kube::from_file(&cluster.kubeconfig, Access::Full).await?;
    configure_dns(&kube).await?;
    let trees = Trees::copy(engine, &cluster.control_plane, &sources).await?;
    let node = Reference::new("v1", "Node", None, &cluster.control_plane);
    let dns = dns_deployment();
    tokio::try_join!(kube.wait_ready(&node, NODE_LIMIT), kube.wait_ready(&dns, NODE_LIMIT))?;
    phase("node Ready, DNS serving", started.elapsed());
    install(&kube, &trees, phase).await?;
    let started = Instant::now();
    kube.apply(&marker(run, requested)?, NODE_LIMIT).await?;
    phase("world marked as whole", started.elapsed());
    Ok(KindWorld { world: world(&requested.name, kube, sources, trees, Reuse::Made), cluster, reuse: Reuse::Made })
}

/// Finds a world by name, with any set of versions. `None` when there is none; it creates nothing.
///
/// # Errors
///
/// When the engine or the cluster does not answer, or the creation of the world did not finish.
pub async fn open(
    engine: &Engine,
    name: &str,
    kubeconfig: PathBuf,
    trees: &Path,
    infra: Option<&Path>,
) -> Result<Option<World>, KindError> {
    let Some(cluster) = Cluster::find(engine, name, kubeconfig).await? else { return Ok(None) };
    let kube = Kube::from_file(&cluster.kubeconfig, Access::Full).await?;
    let marker = kube.get(&marker_reference()).await?.ok_or_else(|| KindError::Unfinished { name: name.to_owned() })?;
    let stack = StackName::from(marker.data["data"]["stack"].as_str().unwrap_or("current"));
    let sources = Sources::new(trees, infra).of_stack(&stack);
    let trees = Trees::copy(engine, &cluster.control_plane, &sources).await?;
    Ok(Some(world(name, kube, sources, trees, Reuse::Found)))
}

fn world(name: &str, kube: Kube, sources: Sources, trees: Trees, reuse: Reuse) -> World {
    let how = match reuse {
        Reuse::Found => "reused",
        Reuse::Made => "made for this run",
    };
    let offered =
        Offered { world: NAME.to_owned(), features: cluster_features(), permissions: Permissions::Everything };
    let backend = Kubernetes { kube, offered, trees: Some(trees), facts: BTreeMap::new() };
    World::new(Arc::new(backend), format!("cluster {name}, {how}"), sources)
}

/// The features of the reference stack, of this host, and of the sandboxes that a run adds.
pub fn kind_features() -> BTreeSet<String> {
    cluster_features().into_iter().chain([LOCAL_CLIENT.to_owned()]).collect()
}

fn cluster_features() -> BTreeSet<String> {
    let stack =
        ["kubernetes", "mesh", "cert-manager", "spire", "istio", "prometheus", "alertmanager"].map(str::to_owned);
    stack.into_iter().chain(["printed-commands".to_owned()]).chain(host_features()).collect()
}

/// Applied last, so that a world without it is incomplete.
fn marker(run: &str, requested: &KindRequest) -> Result<DynamicObject, KindError> {
    let reference = marker_reference();
    Ok(serde_json::from_value(serde_json::json!({
        "apiVersion": reference.api_version, "kind": reference.kind,
        "metadata": {"name": reference.name, "namespace": reference.namespace, "labels": {"app.kubernetes.io/part-of": "mtls-e2e"}},
        "data": {"node-image": requested.node_image, "run": run, "stack": requested.stack},
    }))?)
}

async fn check_marker(kube: &Kube, requested: &KindRequest) -> Result<(), KindError> {
    let found =
        kube.get(&marker_reference()).await?.ok_or_else(|| KindError::Unfinished { name: requested.name.clone() })?;
    let stack = StackName::from(found.data["data"]["stack"].as_str().unwrap_or("current"));
    if stack != requested.stack {
        return Err(KindError::OtherStack {
            name: requested.name.clone(),
            found: stack,
            wanted: requested.stack.clone(),
        });
    }
    let image = found.data["data"]["node-image"].as_str().unwrap_or("an unknown image");
    if image == requested.node_image {
        return Ok(());
    }
    Err(KindError::Outdated {
        name: requested.name.clone(),
        found: image.to_owned(),
        wanted: requested.node_image.clone(),
    })
}

fn marker_reference() -> Reference {
    Reference::new("v1", "ConfigMap", Some("kube-system"), "mtls-e2e-world")
}

fn dns_deployment() -> Reference {
    Reference::new("apps/v1", "Deployment", Some("kube-system"), "coredns")
}

/// Configures `CoreDNS` with one replica, without `forward` and `loop`: the internal network has no upstream resolver,
/// and `CoreDNS` takes Docker's 127.0.0.11 for a forwarding loop and exits.
async fn configure_dns(kube: &Kube) -> Result<(), KubeError> {
    let corefile = ".:53 {\n    errors\n    health {\n       lameduck 1s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 5\n    }\n    prometheus :9153\n    cache 5\n    reload\n    loadbalance\n}\n";
    kube.merge(
        &Reference::new("v1", "ConfigMap", Some("kube-system"), "coredns"),
        &serde_json::json!({"data": {"Corefile": corefile}}),
    )
    .await?;
    kube.merge(&dns_deployment(), &serde_json::json!({"spec": {"replicas": 1}})).await.map(|_| ())
}
