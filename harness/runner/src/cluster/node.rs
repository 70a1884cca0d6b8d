//! A node container, started through testcontainers.

use std::{collections::HashMap, time::Duration};

use bollard::{models::DeviceMapping, query_parameters::RemoveContainerOptionsBuilder};
use mtls_engine::wait::{Check, WaitError, until};
use mtls_engine::{Engine, EngineError, request};
use testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, ImageExt, TestcontainersError, core::CgroupnsMode,
    runners::AsyncRunner,
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

/// Starts the container and waits until its containerd answers.
///
/// It requests `privileged`. On a host that lacks a capability the engine refuses with "unable to apply caps"; the node
/// is then started without `SYS_RESOURCE`, with the other settings of `privileged` one by one.
pub(super) async fn start(engine: &Engine, node: &NodeRequest<'_>) -> Result<Node, NodeError> {
    let failed = |source| NodeError::Start { name: node.name.to_owned(), source: Box::new(source) };
    let started = match privileged(node)?.start().await {
        Err(refusal) if mentions_capabilities(&refusal) => {
            remove(engine, node.name).await?;
            with_capabilities(node)?.start().await.map_err(failed)?
        }
        other => other.map_err(failed)?,
    };
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

fn base(node: &NodeRequest<'_>) -> Result<ContainerRequest<GenericImage>, NodeError> {
    let (name, tag) = node.image.rsplit_once(':').ok_or_else(|| NodeError::NoTag(node.image.to_owned()))?;
    let mut labels = node.labels.clone();
    labels.insert(ROLE.to_owned(), node.role.to_owned());
    Ok(GenericImage::new(name, tag)
        .with_container_name(node.name)
        .with_hostname(node.name)
        .with_network(network::name(node.cluster))
        .with_labels(labels)
        .with_env_var("container", "docker")
        .with_cgroupns_mode(CgroupnsMode::Private)
        .with_security_opt("seccomp=unconfined")
        .with_security_opt("apparmor=unconfined")
        .with_startup_timeout(Duration::from_secs(120)))
}

fn privileged(node: &NodeRequest<'_>) -> Result<ContainerRequest<GenericImage>, NodeError> {
    Ok(base(node)?.with_privileged(true).with_host_config_modifier(|host| {
        host.tmpfs = Some(scratch());
    }))
}

fn with_capabilities(node: &NodeRequest<'_>) -> Result<ContainerRequest<GenericImage>, NodeError> {
    Ok(base(node)?.with_cap_add("ALL").with_cap_drop("SYS_RESOURCE").with_host_config_modifier(|host| {
        host.tmpfs = Some(scratch());
        host.masked_paths = Some(Vec::new());
        host.readonly_paths = Some(Vec::new());
        host.device_cgroup_rules = Some(vec!["a *:* rwm".to_owned()]);
        host.devices = Some(vec![DeviceMapping {
            path_on_host: Some("/dev/kmsg".to_owned()),
            path_in_container: Some("/dev/kmsg".to_owned()),
            cgroup_permissions: Some("rwm".to_owned()),
        }]);
    }))
}

fn scratch() -> HashMap<String, String> {
    HashMap::from([("/tmp".to_owned(), String::new()), ("/run".to_owned(), String::new())])
}

fn mentions_capabilities(error: &TestcontainersError) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if current.to_string().contains("unable to apply caps") {
            return true;
        }
        cause = current.source();
    }
    false
}

async fn remove(engine: &Engine, name: &str) -> Result<(), EngineError> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker.remove_container(name, Some(options)).await {
        Ok(()) | Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        Err(source) => Err(request(format!("remove container {name}"), source)),
    }
}

/// The address of a node on the network of its cluster.
pub(super) async fn address_on(engine: &Engine, node: &str, cluster: &str) -> Result<String, NodeError> {
    let inspected = engine
        .docker
        .inspect_container(node, None)
        .await
        .map_err(|source| request(format!("inspect {node}"), source))?;
    inspected
        .network_settings
        .and_then(|settings| settings.networks)
        .and_then(|networks| networks.get(&network::name(cluster)).cloned())
        .and_then(|endpoint| endpoint.ip_address)
        .filter(|address| !address.is_empty())
        .ok_or_else(|| NodeError::NoAddress(node.to_owned()))
}
