//! Creates a cluster from an image and a name, or finds one.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use mtls_engine::{Engine, EngineError};

use super::{
    diagnose::diagnose,
    kubeadm::{self, KubeadmRequest},
    kubeconfig,
    labels::labels,
    network,
    node::{self, Node, NodeError, NodeRequest},
    overlay::{self, Peer},
    sweep::{Scope, find},
};

#[derive(Clone, Debug)]
pub struct ClusterRequest {
    pub name: String,
    /// A node image that follows kind's node contract.
    pub image: String,
    /// Number of nodes: one control plane and `nodes - 1` workers.
    pub nodes: usize,
    /// Id of the run, for labels.
    pub run: String,
    /// After this time any command may remove the cluster.
    pub lifetime: Duration,
    pub kubeconfig: PathBuf,
}

/// A cluster of the harness that exists in the engine.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub name: String,
    pub control_plane: String,
    pub kubeconfig: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("node image {0} is not in the engine; `cargo xtask images build` makes it")]
    ImageMissing(String),
    #[error("a cluster named {0} exists; `cargo xtask down --name {0}` removes it")]
    NameTaken(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error("{step} on {node} failed\n{diagnosis}")]
    Kubeadm {
        step: &'static str,
        node: String,
        diagnosis: String,
        #[source]
        source: EngineError,
    },
    #[error("kubeconfig {path} cannot be written")]
    Kubeconfig {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl Cluster {
    /// Creates the network, the nodes, and Kubernetes on them. Reports the name and the duration of each phase to
    /// `phase`.
    ///
    /// # Errors
    ///
    /// The failed step, for kubeadm with the logs of the node. Nothing is removed: the caller keeps or removes the
    /// failed cluster.
    pub async fn create(
        engine: &Engine,
        requested: &ClusterRequest,
        mut phase: impl FnMut(&str, Duration),
    ) -> Result<Self, ClusterError> {
        let started = Instant::now();
        if !engine.has_image(&requested.image).await? {
            return Err(ClusterError::ImageMissing(requested.image.clone()));
        }
        let taken = find(engine, &Scope::Cluster(requested.name.clone())).await?;
        if taken.iter().any(|object| object.kind == "container") {
            return Err(ClusterError::NameTaken(requested.name.clone()));
        }
        let labels = labels(&requested.name, &requested.run, requested.lifetime);
        engine.ensure_internal_network(&network::name(&requested.name), labels.clone()).await?;
        let names = node_names(&requested.name, requested.nodes);
        let requests: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, name)| NodeRequest {
                cluster: &requested.name,
                name,
                role: if index == 0 { "control-plane" } else { "worker" },
                image: &requested.image,
                labels: labels.clone(),
            })
            .collect();
        let nodes = try_join_all(requests.iter().map(|request| node::start(engine, request))).await?;
        phase("nodes boot", started.elapsed());

        let started = Instant::now();
        let version = read(engine, &names[0], "/kind/version").await?.trim().to_owned();
        // An image that kind publishes has no such file; it holds the images that its kubeadm uses by default.
        let answer = engine.exec(&names[0], &["cat", "/kind/kubeadm-images"], &[], Duration::from_secs(10)).await?;
        let images =
            if answer.code == 0 { String::from_utf8_lossy(&answer.stdout).into_owned() } else { String::new() };
        let control_plane = &nodes[0];
        let mtu = if nodes.len() > 1 { overlay::MTU } else { 1500 };
        write(
            engine,
            &control_plane.name,
            "/etc/cni/net.d/10-kindnet.conflist",
            &kubeadm::conflist("10.244.0.0/24", mtu),
        )
        .await?;
        let request = |node: &Node| -> String {
            let request = KubeadmRequest {
                cluster: &requested.name,
                node: &node.name,
                address: &node.address,
                control_plane_address: &control_plane.address,
                version: &version,
                images: &images,
            };
            if node.name == control_plane.name { kubeadm::init(&request) } else { kubeadm::join(&request) }
        };
        run_kubeadm(engine, control_plane, "init", &request(control_plane)).await?;
        let admin = read(engine, &control_plane.name, "/etc/kubernetes/admin.conf").await?;
        let text = kubeconfig::rename(&admin, &requested.name, &control_plane.address);
        let kubeconfig = kubeconfig::write(&requested.kubeconfig, &text)
            .map_err(|source| ClusterError::Kubeconfig { path: requested.kubeconfig.clone(), source })?;
        phase("kubeadm init", started.elapsed());

        if nodes.len() > 1 {
            let started = Instant::now();
            try_join_all(nodes[1..].iter().map(|node| run_kubeadm_owned(engine, node, request(node)))).await?;
            connect_pods(engine, &nodes).await?;
            phase("workers join", started.elapsed());
        }
        Ok(Self { name: requested.name.clone(), control_plane: names[0].clone(), kubeconfig })
    }

    /// Finds a cluster that an earlier command created, and writes its kubeconfig; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the engine does not answer, or the kubeconfig cannot be read from the node or written.
    pub async fn find(engine: &Engine, name: &str, kubeconfig_path: PathBuf) -> Result<Option<Self>, ClusterError> {
        let objects = find(engine, &Scope::Cluster(name.to_owned())).await?;
        let control_plane = control_plane_name(name);
        if !objects.iter().any(|object| object.kind == "container" && object.name == control_plane) {
            return Ok(None);
        }
        let admin = read(engine, &control_plane, "/etc/kubernetes/admin.conf").await?;
        let address = node::address_on(engine, &control_plane, name).await?;
        let kubeconfig = kubeconfig::write(&kubeconfig_path, &kubeconfig::rename(&admin, name, &address))
            .map_err(|source| ClusterError::Kubeconfig { path: kubeconfig_path, source })?;
        Ok(Some(Self { name: name.to_owned(), control_plane, kubeconfig }))
    }
}

fn control_plane_name(cluster: &str) -> String {
    format!("{cluster}-control-plane")
}

/// Names of the nodes as kind chooses them: `c-control-plane`, `c-worker`, `c-worker2`.
fn node_names(cluster: &str, count: usize) -> Vec<String> {
    let workers = (1..count)
        .map(|index| if index == 1 { format!("{cluster}-worker") } else { format!("{cluster}-worker{index}") });
    std::iter::once(control_plane_name(cluster)).chain(workers).collect()
}

async fn run_kubeadm_owned(engine: &Engine, node: &Node, document: String) -> Result<(), ClusterError> {
    run_kubeadm(engine, node, "join", &document).await
}

async fn run_kubeadm(engine: &Engine, node: &Node, step: &'static str, document: &str) -> Result<(), ClusterError> {
    write(engine, &node.name, "/kind/kubeadm.conf", document).await?;
    let mut command = vec!["kubeadm", step, "--config=/kind/kubeadm.conf"];
    if step == "init" {
        command.push("--skip-token-print");
    }
    match engine.must(&node.name, &command, &[], Duration::from_secs(240)).await {
        Ok(_) => Ok(()),
        Err(source) => {
            let title = if step == "init" { "kubeadm init" } else { "kubeadm join" };
            Err(ClusterError::Kubeadm {
                step: title,
                node: node.name.clone(),
                diagnosis: diagnose(engine, &node.name).await,
                source,
            })
        }
    }
}

/// Configures the pod subnet of every node and its routes to the pods of the other nodes.
async fn connect_pods(engine: &Engine, nodes: &[Node]) -> Result<(), ClusterError> {
    let control_plane = &nodes[0].name;
    let mut subnets = Vec::new();
    for node in nodes {
        let query = [
            "kubectl",
            "--kubeconfig=/etc/kubernetes/admin.conf",
            "wait",
            "--for=jsonpath={.spec.podCIDR}",
            "--timeout=30s",
            "node",
            &node.name,
        ];
        engine.must(control_plane, &query, &[], Duration::from_secs(40)).await?;
        let query = [
            "kubectl",
            "--kubeconfig=/etc/kubernetes/admin.conf",
            "get",
            "node",
            &node.name,
            "-o",
            "jsonpath={.spec.podCIDR}",
        ];
        let answer = engine.must(control_plane, &query, &[], Duration::from_secs(20)).await?;
        subnets.push(String::from_utf8_lossy(&answer).trim().to_owned());
    }
    let peers: Vec<Peer> = nodes
        .iter()
        .zip(&subnets)
        .map(|(node, subnet)| Peer { address: node.address.clone(), subnet: subnet.clone() })
        .collect();
    for (index, node) in nodes.iter().enumerate() {
        let conflist = kubeadm::conflist(&subnets[index], overlay::MTU);
        write(engine, &node.name, "/etc/cni/net.d/10-kindnet.conflist", &conflist).await?;
        for command in overlay::commands(&peers, index) {
            let words: Vec<&str> = command.split(' ').collect();
            engine.must(&node.name, &words, &[], Duration::from_secs(10)).await?;
        }
    }
    Ok(())
}

async fn read(engine: &Engine, node: &str, path: &str) -> Result<String, EngineError> {
    let bytes = engine.must(node, &["cat", path], &[], Duration::from_secs(10)).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn write(engine: &Engine, node: &str, path: &str, text: &str) -> Result<(), EngineError> {
    engine
        .must(node, &["install", "-D", "-m", "0600", "/dev/stdin", path], text.as_bytes(), Duration::from_secs(10))
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_kinds_names() {
        assert_eq!(node_names("c", 3), ["c-control-plane", "c-worker", "c-worker2"]);
        assert_eq!(node_names("c", 1), ["c-control-plane"]);
    }
}
