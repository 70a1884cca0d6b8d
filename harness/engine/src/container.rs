//! Containers: made, found, filled, read and removed.
//!
//! Nodes are made by testcontainers (`cluster/node`), and found and removed here. What runs in a container is not known here.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StopContainerOptionsBuilder, UploadToContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::client::Engine;
use super::error::{EngineError, if_present};

/// A container to be made. It runs `command` in place of the image's own program.
#[derive(Clone, Debug, Default)]
pub struct NewContainer {
    pub name: String,
    pub image: String,
    pub command: Vec<String>,
    pub labels: HashMap<String, String>,
    /// Paths of anonymous volumes, which are removed with the container.
    pub volumes: Vec<String>,
    /// The signal that asks it to stop; empty for the image's own.
    pub stop_signal: String,
    pub host: HostConfig,
}

/// A container or a network, and its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub name: String,
    pub labels: HashMap<String, String>,
}

impl Engine {
    /// Creates and starts a container.
    pub async fn start_container(&self, container: NewContainer) -> Result<(), EngineError> {
        let NewContainer { name, image, command, labels, volumes, stop_signal, host } = container;
        let what = format!("start container {name}");
        let body = ContainerCreateBody {
            image: Some(image),
            entrypoint: Some(command),
            cmd: Some(Vec::new()),
            labels: Some(labels),
            volumes: (!volumes.is_empty()).then_some(volumes),
            stop_signal: (!stop_signal.is_empty()).then_some(stop_signal),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let start = async |docker: &Docker| {
            docker.create_container(Some(options), body).await?;
            docker.start_container(&name, None).await
        };
        self.request(what, self.limits.change, start).await
    }

    /// Waits until the program of a container has ended; any exit code except 0 is an error.
    pub async fn container_ended(&self, name: &str) -> Result<(), EngineError> {
        let options = WaitContainerOptionsBuilder::default().build();
        let what = format!("see the end of container {name}");
        self.drain(what, self.limits.bulk, |docker| docker.wait_container(name, Some(options))).await
    }

    /// Asks a container to stop, and ends it after `grace`, in whole seconds.
    pub async fn stop_container(&self, name: &str, grace: Duration) -> Result<(), EngineError> {
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let what = format!("stop container {name}");
        let limit = grace + self.limits.change;
        self.request(what, limit, async |docker| docker.stop_container(name, Some(options)).await).await
    }

    /// Removes a container, running or not, with its anonymous volumes. One that does not exist is removed already.
    pub async fn remove_container(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let what = format!("remove container {name}");
        let remove = async |docker: &Docker| docker.remove_container(name, Some(options)).await;
        if_present(self.request(what, self.limits.change, remove).await).map(drop)
    }

    /// All containers that have a label, running or not.
    pub async fn containers(&self, label: &str) -> Result<Vec<Labelled>, EngineError> {
        let filters = HashMap::from([("label".to_owned(), vec![label.to_owned()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let what = format!("list containers with label {label}");
        let list = async |docker: &Docker| docker.list_containers(Some(options)).await;
        let found = self.request(what, self.limits.question, list).await?;
        let labelled = found.into_iter().map(|container| Labelled {
            name: container
                .names
                .and_then(|names| names.into_iter().next())
                .map(|name| name.trim_start_matches('/').to_owned())
                .unwrap_or_default(),
            labels: container.labels.unwrap_or_default(),
        });
        Ok(labelled.collect())
    }

    /// The IP address of a container on a network; `None` when it has none there.
    pub async fn address(&self, container: &str, network: &str) -> Result<Option<String>, EngineError> {
        let what = format!("inspect container {container}");
        let inspect = async |docker: &Docker| docker.inspect_container(container, None).await;
        let found = self.request(what, self.limits.question, inspect).await?;
        let networks = found.network_settings.and_then(|settings| settings.networks);
        let address = networks.and_then(|mut networks| networks.remove(network)).and_then(|end| end.ip_address);
        Ok(address.filter(|address| !address.is_empty()))
    }

    /// Unpacks a tar archive at `path` of a container; `described` names it in an error.
    pub async fn upload(
        &self,
        container: &str,
        path: &str,
        described: &str,
        archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<(), EngineError> {
        let options = UploadToContainerOptionsBuilder::default().path(path).build();
        let what = format!("copy {described} into {container}");
        let body = bollard::body_try_stream(archive);
        let upload = async |docker: &Docker| docker.upload_to_container(container, Some(options), body).await;
        self.request(what, self.limits.bulk, upload).await
    }

    /// What lies at `path` of a container, as a tar archive. An error is its last piece.
    pub fn download(&self, container: &str, path: &str) -> impl Stream<Item = io::Result<Bytes>> + Send + use<'_> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let what = format!("copy {path} out of {container}");
        let archive = self
            .stream(what, self.limits.bulk, |docker| docker.download_from_container(container, Some(options)).boxed());
        archive.map(|chunk| chunk.map_err(io::Error::other)).boxed()
    }
}
