//! Imports every image of the stack into a containerd and extracts its state as a layer of the node image.
//!
//! A builder container from the node's root file system runs containerd on a volume, because an overlay cannot be
//! nested in an overlay. Images are imported unpacked and pinned; their layer blobs are then removed, because pods run
//! on the snapshots. The state is outside `/var`, which engines copy when a node is created: a node links to it
//! instead.

use std::path::Path;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    StopContainerOptionsBuilder,
};
use futures::StreamExt as _;
use futures::stream::Empty;

use super::archive::Built;
use super::engine::{Engine, archive_stream, limited};
use super::error::BuildError;
use super::layer::Layer;
use super::{rewrite, stream};

/// Only one builder exists at a time, ensured by the lock of the cache.
const BUILDER: &str = "mtls-e2e-image-builder";
/// The label that identifies a leftover builder.
const PURPOSE: (&str, &str) = ("mtls-e2e.purpose", "image-builder");
/// Timeout of containerd's start.
const START: Duration = Duration::from_mins(1);
/// Timeout of the import and of extracting the state.
const BULK: Duration = Duration::from_mins(15);
/// Timeout of a short command.
const SHORT: Duration = Duration::from_mins(1);
/// The path of containerd's state and its target: not below `/var`, see `fixtures/stack/node/kind/store/attach`.
const STATE: (&str, &str) = ("/var/lib/containerd", "kind/store");
/// The label that the CRI plugin evaluates.
const PINNED: &str = "io.cri-containerd.pinned=pinned";
/// Every `ctr` command uses the namespace of Kubernetes.
const CTR: [&str; 3] = ["ctr", "--namespace", "k8s.io"];

/// Waiting for containerd needs no input.
type NoInput = Empty<std::io::Result<bytes::Bytes>>;

/// The images to import into a containerd.
pub(super) struct ImageSet {
    /// Images built here.
    pub(super) built: Vec<Built>,
    /// Images in the engine, by the names that pods use.
    pub(super) pulled: Vec<String>,
}

/// Imports the images and writes the state as a layer to `to`. `builder` is an image of the node's root file system.
pub(super) async fn preload(engine: &Engine, builder: &str, images: &ImageSet, to: &Path) -> Result<Layer, BuildError> {
    let work = async {
        unpack(engine, &names(engine).await?).await?;
        fill(engine, images).await?;
        drop_blobs(engine).await?;
        let options = StopContainerOptionsBuilder::default().t(30).build();
        engine.0.stop_container(BUILDER, Some(options)).await.map_err(BuildError::engine("stop the image builder"))?;
        limited("extracting containerd's state", BULK, take_out(engine, to)).await?
    };
    Box::pin(inside(engine, builder, work)).await
}

/// The contents of a node image that follows kind's contract.
pub(super) struct NodeContents {
    /// The names of the images that it already contains.
    pub(super) images: Vec<String>,
    /// The Kubernetes version that it declares.
    pub(super) version: String,
}

/// Inspects a node image.
pub(super) async fn contents(engine: &Engine, node_image: &str) -> Result<NodeContents, BuildError> {
    let look = async {
        let images = names(engine).await?;
        let version = engine.exec(BUILDER, &["cat", "/kind/version"], None::<NoInput>, SHORT).await?;
        Ok(NodeContents { images, version: version.trim().to_owned() })
    };
    Box::pin(inside(engine, node_image, look)).await
}

/// Does the work while a builder from `image` runs; removes the builder even if the work fails.
async fn inside<T>(
    engine: &Engine,
    image: &str,
    work: impl Future<Output = Result<T, BuildError>>,
) -> Result<T, BuildError> {
    remove(engine).await?;
    let started = async {
        start(engine, image).await?;
        wait_for_containerd(engine).await?;
        work.await
    };
    let done = started.await;
    let removed = remove(engine).await;
    let done = done?;
    removed?;
    Ok(done)
}

async fn fill(engine: &Engine, images: &ImageSet) -> Result<(), BuildError> {
    let import = ctr(&["images", "import", "--snapshotter", "overlayfs", "-"]);
    if !images.built.is_empty() {
        let archive = archive_stream(images.built.clone());
        Box::pin(engine.exec(BUILDER, &import, Some(archive), BULK)).await?;
    }
    if !images.pulled.is_empty() {
        let archive = engine.saved(&images.pulled);
        Box::pin(engine.exec(BUILDER, &import, Some(archive), BULK)).await?;
    }
    let built = images.built.iter().map(|image| image.reference.as_str());
    let wanted: Vec<&str> = built.chain(images.pulled.iter().map(String::as_str)).collect();
    verify(engine, &wanted).await?;
    pin(engine, &wanted).await
}

fn ctr<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [&CTR[..], command].concat()
}

/// Tries plain privileged first; an engine without `CAP_SYS_RESOURCE` refuses that and gets the required capabilities.
async fn start(engine: &Engine, image: &str) -> Result<(), BuildError> {
    let privileged = HostConfig { privileged: Some(true), ..HostConfig::default() };
    let Err(refusal) = create_and_start(engine, image, privileged).await else {
        return Ok(());
    };
    if !refusal.to_string().contains("unable to apply caps") {
        return Err(BuildError::engine("start the image builder")(refusal));
    }
    remove(engine).await?;
    let listed = HostConfig {
        cap_add: Some(vec!["ALL".to_owned()]),
        cap_drop: Some(vec!["SYS_RESOURCE".to_owned()]),
        security_opt: Some(vec!["seccomp=unconfined".to_owned(), "apparmor=unconfined".to_owned()]),
        masked_paths: Some(Vec::new()),
        readonly_paths: Some(Vec::new()),
        ..HostConfig::default()
    };
    create_and_start(engine, image, listed).await.map_err(BuildError::engine("start the image builder"))
}

async fn create_and_start(engine: &Engine, image: &str, host: HostConfig) -> Result<(), bollard::errors::Error> {
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["containerd".to_owned()]),
        cmd: Some(Vec::new()),
        volumes: Some(vec!["/var".to_owned()]),
        stop_signal: Some("SIGTERM".to_owned()),
        labels: Some([(PURPOSE.0.to_owned(), PURPOSE.1.to_owned())].into()),
        host_config: Some(HostConfig {
            network_mode: Some("none".to_owned()),
            tmpfs: Some([("/run".to_owned(), String::new()), ("/tmp".to_owned(), String::new())].into()),
            ..host
        }),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::default().name(BUILDER).build();
    engine.0.create_container(Some(options), body).await?;
    engine.0.start_container(BUILDER, None).await
}

async fn wait_for_containerd(engine: &Engine) -> Result<(), BuildError> {
    // The first answer can take a moment; `ctr` retries its connection until its timeout.
    let version = ["ctr", "--connect-timeout", "30s", "version"];
    engine.exec(BUILDER, &version, None::<NoInput>, START).await.map(drop)
}

/// The names of all images in the builder's containerd, without their digests.
async fn names(engine: &Engine) -> Result<Vec<String>, BuildError> {
    let listed = engine.exec(BUILDER, &ctr(&["images", "ls", "--quiet"]), None::<NoInput>, SHORT).await?;
    let named = |name: &&str| !name.starts_with("sha256:") && !name.contains('@');
    Ok(listed.split_whitespace().filter(named).map(str::to_owned).collect())
}

/// Unpacks the images of an external node image, which may exist as blobs only; the blobs are removed later.
async fn unpack(engine: &Engine, images: &[String]) -> Result<(), BuildError> {
    let target = "/tmp/unpack";
    for image in images {
        engine.exec(BUILDER, &["mkdir", "-p", target], None::<NoInput>, SHORT).await?;
        let mount = ctr(&["images", "mount", "--snapshotter", "overlayfs", image, target]);
        engine.exec(BUILDER, &mount, None::<NoInput>, BULK).await?;
        let unmount = ctr(&["images", "unmount", "--rm", "--snapshotter", "overlayfs", target]);
        engine.exec(BUILDER, &unmount, None::<NoInput>, SHORT).await?;
    }
    Ok(())
}

/// Checks that every image exists under the name that pods use.
async fn verify(engine: &Engine, wanted: &[&str]) -> Result<(), BuildError> {
    let present = names(engine).await?;
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|wanted| !present.iter().any(|name| name == wanted)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(BuildError::Content {
        component: "node".to_owned(),
        problem: format!("containerd took the archive but has no {}", missing.join(", ")),
        fix: "write the image's name in stack.yaml in full, with its registry".to_owned(),
    })
}

/// Protects images that cannot be pulled again from the kubelet's garbage collection.
async fn pin(engine: &Engine, images: &[&str]) -> Result<(), BuildError> {
    for image in images {
        let label = ctr(&["images", "label", image, PINNED]);
        engine.exec(BUILDER, &label, None::<NoInput>, SHORT).await?;
    }
    Ok(())
}

/// Removes the references from unpacked layers to their blobs, and the blobs at once.
async fn drop_blobs(engine: &Engine) -> Result<(), BuildError> {
    let prune = ctr(&["content", "prune", "references"]);
    engine.exec(BUILDER, &prune, None::<NoInput>, SHORT).await.map(drop)
}

async fn take_out(engine: &Engine, to: &Path) -> Result<Layer, BuildError> {
    let options = DownloadFromContainerOptionsBuilder::default().path(STATE.0).build();
    let mut archive = Box::pin(engine.0.download_from_container(BUILDER, Some(options)));
    let (sender, reader) = stream::reader();
    let target = to.to_owned();
    let writing = tokio::task::spawn_blocking(move || rewrite::into_layer(reader, STATE.1, &target));
    while let Some(chunk) = archive.next().await {
        let chunk = chunk.map_err(std::io::Error::other);
        if sender.send(chunk).await.is_err() {
            // The writer has stopped; its result contains the reason.
            break;
        }
    }
    drop(sender);
    writing
        .await
        .map_err(std::io::Error::other)
        .and_then(|written| written)
        .map_err(BuildError::file(format!("write layer {}", to.display())))
}

async fn remove(engine: &Engine) -> Result<(), BuildError> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.0.remove_container(BUILDER, Some(options)).await {
        Ok(()) | Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        Err(source) => Err(BuildError::engine("remove the image builder")(source)),
    }
}
