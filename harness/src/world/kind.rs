//! The real thing: nodes of ours with the whole stack on them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use kube::api::DynamicObject;

use super::{Backend, Cluster as ClusterBackend, LOCAL_CLIENT, World, host_features};
use crate::{
    cluster::{Cluster, ClusterError, ClusterRequest, Engine, EngineError},
    images::StackName,
    kubernetes::{Access, Kube, KubeError, Reference},
    scenario::effects::Permissions,
    stack::{InstallError, Sources, TreeError, Trees, install},
};

#[derive(Clone, Debug)]
pub struct KindRequest<'a> {
    pub name: String,
    pub run: String,
    pub node_image: String,
    /// The set of versions that the image holds, which the trees have to fit.
    pub stack: StackName,
    pub nodes: usize,
    /// The project's own trees: `platform/`, `mtls/`, `lab/`.
    pub trees: &'a Path,
    /// A tree of the user's in the place of `mtls/`.
    pub infra: Option<&'a Path>,
    pub kubeconfig: PathBuf,
}

/// A world of ours and how it came to be.
#[derive(Clone, Debug)]
pub struct KindWorld {
    pub world: World,
    pub cluster: Cluster,
    pub reuse: Reuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// `up` had left it.
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
    #[error("install the stack: {0}")]
    Install(#[from] InstallError),
    #[error("the world {name} was never finished; `cargo xtask down --name {name}` removes it")]
    Unfinished { name: String },
    #[error(
        "the world {name} was made from {found}, and {wanted} is current; `cargo xtask down --name {name}` removes it"
    )]
    Outdated { name: String, found: String, wanted: String },
    #[error(
        "the world {name} has the stack `{found}`, and `{wanted}` is wanted; say `--stack {found}`, or remove it with `cargo xtask down --name {name}`"
    )]
    OtherStack { name: String, found: StackName, wanted: StackName },
    #[error("describe the world: {0}")]
    Marker(#[from] serde_json::Error),
}

/// A kept world may outlive the command that made it, but not for ever: `clean --expired` takes it after this.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const NODE_LIMIT: Duration = Duration::from_secs(120);

/// Finds the world by name, or brings it up. Reports each phase with the time it took.
///
/// # Errors
///
/// The phase that failed, with what was last seen. What exists by then is left for the caller to keep or sweep.
pub async fn up(
    engine: &Engine,
    wanted: &KindRequest<'_>,
    phase: &(dyn Fn(&str, Duration) + Sync),
) -> Result<KindWorld, KindError> {
    let started = Instant::now();
    if let Some(cluster) = Cluster::find(engine, &wanted.name, wanted.kubeconfig.clone()).await? {
        let kube = Kube::from_file(&cluster.kubeconfig, Access::Full).await?;
        check_marker(&kube, wanted).await?;
        let sources = sources(wanted);
        let trees = Trees::copy(engine, &cluster.control_plane, &sources).await?;
        phase("world found, trees copied", started.elapsed());
        return Ok(KindWorld {
            world: world(&wanted.name, kube, sources, trees, Reuse::Found),
            cluster,
            reuse: Reuse::Found,
        });
    }
    let request = ClusterRequest {
        name: wanted.name.clone(),
        image: wanted.node_image.clone(),
        nodes: wanted.nodes,
        run: wanted.run.clone(),
        lifetime: LIFETIME,
        kubeconfig: wanted.kubeconfig.clone(),
    };
    let cluster = Cluster::create(engine, &request, phase).await?;
    let started = Instant::now();
    let kube = Kube::from_file(&cluster.kubeconfig, Access::Full).await?;
    quiet_dns(&kube).await?;
    let sources = sources(wanted);
    let trees = Trees::copy(engine, &cluster.control_plane, &sources).await?;
    let node = Reference::new("v1", "Node", None, &cluster.control_plane);
    let dns = dns_deployment();
    tokio::try_join!(kube.wait_ready(&node, NODE_LIMIT), kube.wait_ready(&dns, NODE_LIMIT))?;
    phase("node Ready, DNS serving", started.elapsed());
    install(&kube, &trees, phase).await?;
    let started = Instant::now();
    kube.apply(&marker(wanted)?, NODE_LIMIT).await?;
    phase("world marked as whole", started.elapsed());
    Ok(KindWorld { world: world(&wanted.name, kube, sources, trees, Reuse::Made), cluster, reuse: Reuse::Made })
}

/// Finds a world by name, whatever versions it has; nothing when there is none. It is neither made nor finished.
///
/// # Errors
///
/// When the engine or the cluster does not answer, or the world was never finished.
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

fn sources(wanted: &KindRequest<'_>) -> Sources {
    Sources::new(wanted.trees, wanted.infra).of_stack(&wanted.stack)
}

fn world(name: &str, kube: Kube, sources: Sources, trees: Trees, reuse: Reuse) -> World {
    let how = match reuse {
        Reuse::Found => "reused",
        Reuse::Made => "made for this run",
    };
    World {
        name: "kind",
        detail: format!("cluster {name}, {how}"),
        features: cluster_features(),
        permissions: Permissions::Everything,
        sources,
        sandboxes: None,
        backend: Backend::Cluster(Box::new(ClusterBackend { kube, trees: Some(trees) })),
    }
}

/// What the reference stack offers, this machine, and the sandboxes that a run adds.
pub fn kind_features() -> BTreeSet<String> {
    cluster_features().into_iter().chain([LOCAL_CLIENT.to_owned()]).collect()
}

fn cluster_features() -> BTreeSet<String> {
    let stack =
        ["kubernetes", "mesh", "cert-manager", "spire", "istio", "prometheus", "alertmanager"].map(str::to_owned);
    stack.into_iter().chain(["printed-commands".to_owned()]).chain(host_features()).collect()
}

/// Written last, so that a world without it is one whose making was cut short.
fn marker(wanted: &KindRequest<'_>) -> Result<DynamicObject, KindError> {
    let reference = marker_reference();
    Ok(serde_json::from_value(serde_json::json!({
        "apiVersion": reference.api_version, "kind": reference.kind,
        "metadata": {"name": reference.name, "namespace": reference.namespace, "labels": {"app.kubernetes.io/part-of": "mtls-e2e"}},
        "data": {"node-image": wanted.node_image, "run": wanted.run, "stack": wanted.stack},
    }))?)
}

async fn check_marker(kube: &Kube, wanted: &KindRequest<'_>) -> Result<(), KindError> {
    let found =
        kube.get(&marker_reference()).await?.ok_or_else(|| KindError::Unfinished { name: wanted.name.clone() })?;
    let stack = StackName::from(found.data["data"]["stack"].as_str().unwrap_or("current"));
    if stack != wanted.stack {
        return Err(KindError::OtherStack { name: wanted.name.clone(), found: stack, wanted: wanted.stack.clone() });
    }
    let image = found.data["data"]["node-image"].as_str().unwrap_or("an unknown image");
    if image == wanted.node_image {
        return Ok(());
    }
    Err(KindError::Outdated { name: wanted.name.clone(), found: image.to_owned(), wanted: wanted.node_image.clone() })
}

fn marker_reference() -> Reference {
    Reference::new("v1", "ConfigMap", Some("kube-system"), "mtls-e2e-world")
}

fn dns_deployment() -> Reference {
    Reference::new("apps/v1", "Deployment", Some("kube-system"), "coredns")
}

/// One replica, and neither `forward` nor `loop`: on a network without a way out there is nobody to forward to, and
/// `CoreDNS` takes Docker's 127.0.0.11 for a loop and exits.
async fn quiet_dns(kube: &Kube) -> Result<(), KubeError> {
    let corefile = ".:53 {\n    errors\n    health {\n       lameduck 1s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 5\n    }\n    prometheus :9153\n    cache 5\n    reload\n    loadbalance\n}\n";
    kube.merge(
        &Reference::new("v1", "ConfigMap", Some("kube-system"), "coredns"),
        &serde_json::json!({"data": {"Corefile": corefile}}),
    )
    .await?;
    kube.merge(&dns_deployment(), &serde_json::json!({"spec": {"replicas": 1}})).await.map(|_| ())
}
