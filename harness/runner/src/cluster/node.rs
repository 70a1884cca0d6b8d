//! A node container, started through testcontainers.
//!
//! testcontainers was asked for, and starts nothing but nodes: its request, its wait for the start and its errors are what is used of it.
//! Everything else that is asked of the engine goes through `mtls_engine`.

use std::{collections::HashMap, time::Duration};

use mtls_core::duration::spell_duration;
use mtls_engine::wait::{Check, WaitError, until};
use mtls_engine::{DeviceMapping, Engine, EngineError, HostConfig, Privileges};
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt, TestcontainersError, core::CgroupnsMode, runners::AsyncRunner,
};

use super::{labels::ROLE, network};

#[derive(Clone, Debug)]
pub(super) struct NodeRequest<'a> {
    pub(super) cluster: &'a str,
    pub(super) name: &'a str,
    pub(super) role: &'a str,
    pub(super) image: &'a str,
    pub(super) labels: HashMap<String, String>,
}

/// A running node whose containerd answers.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) address: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("image `{0}` has no tag")]
    NoTag(String),
    #[error("node {name} cannot be started")]
    Start {
        name: String,
        #[source]
        source: Box<TestcontainersError>,
    },
    #[error("node {name} was not started within {}", spell_duration(*.limit))]
    Silent { name: String, limit: Duration },
    #[error("node {0} has no address on its network")]
    NoAddress(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("node {name} did not boot")]
    Boot {
        name: String,
        #[source]
        source: WaitError,
    },
}

/// How long the engine may take to start a node that it has created.
const START: Duration = Duration::from_mins(2);
/// How long testcontainers may take for all that it asks of the engine: some of its requests have no limit of ours.
const ATTEMPT: Duration = Duration::from_mins(5);

/// Starts the container and waits until its containerd answers.
pub(super) async fn start(engine: &Engine, node: &NodeRequest<'_>) -> Result<Node, NodeError> {
    let started = engine.with_privileges(node.name, async |privileges| run(node, privileges).await).await?;
    // `sweep` removes containers by label; the removal on drop of testcontainers would end a kept world.
    std::mem::forget::<ContainerAsync<GenericImage>>(started);
    let address = address_on(engine, node.name, node.cluster).await?;
    until("containerd in the node", Duration::from_secs(60), Duration::from_millis(200), async || {
        match engine.exec(node.name, &["ctr", "version"], &[], Duration::from_secs(5)).await {
            Ok(done) if done.code == 0 => Check::Ready(()),
            Ok(done) => Check::NotYet(done.stderr.trim().to_owned()),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })
    .await
    .map_err(|source| NodeError::Boot { name: node.name.to_owned(), source })?;
    Ok(Node { name: node.name.to_owned(), address })
}

async fn run(node: &NodeRequest<'_>, privileges: Privileges) -> Result<ContainerAsync<GenericImage>, NodeError> {
    let (name, tag) = node.image.rsplit_once(':').ok_or_else(|| NodeError::NoTag(node.image.to_owned()))?;
    let mut labels = node.labels.clone();
    labels.insert(ROLE.to_owned(), node.role.to_owned());
    let attempt = GenericImage::new(name, tag)
        .with_container_name(node.name)
        .with_hostname(node.name)
        .with_network(network::name(node.cluster))
        .with_labels(labels)
        .with_env_var("container", "docker")
        .with_cgroupns_mode(CgroupnsMode::Private)
        .with_security_opt("seccomp=unconfined")
        .with_security_opt("apparmor=unconfined")
        .with_startup_timeout(START)
        .with_host_config_modifier(move |host| configure(host, privileges))
        .start();
    match tokio::time::timeout(ATTEMPT, attempt).await {
        Ok(started) => {
            started.map_err(|source| NodeError::Start { name: node.name.to_owned(), source: Box::new(source) })
        }
        Err(_) => Err(NodeError::Silent { name: node.name.to_owned(), limit: ATTEMPT }),
    }
}

fn configure(host: &mut HostConfig, privileges: Privileges) {
    privileges.apply(host);
    host.tmpfs = Some(HashMap::from([("/tmp".to_owned(), String::new()), ("/run".to_owned(), String::new())]));
    if privileges == Privileges::Listed {
        // `privileged` gives a node the devices of the host, and the kubelet reads the messages of the kernel.
        host.device_cgroup_rules = Some(vec!["a *:* rwm".to_owned()]);
        host.devices = Some(vec![DeviceMapping {
            path_on_host: Some("/dev/kmsg".to_owned()),
            path_in_container: Some("/dev/kmsg".to_owned()),
            cgroup_permissions: Some("rwm".to_owned()),
        }]);
    }
}

/// The address of a node on the network of its cluster.
pub(super) async fn address_on(engine: &Engine, node: &str, cluster: &str) -> Result<String, NodeError> {
    let address = engine.address(node, &network::name(cluster)).await?;
    address.ok_or_else(|| NodeError::NoAddress(node.to_owned()))
}
