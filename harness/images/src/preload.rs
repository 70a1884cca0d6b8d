//! Imports every image of the stack into a containerd and extracts its state as a layer of the node image.
//!
//! A builder container from the node's root file system runs containerd on a volume, because an overlay cannot be
//! nested in an overlay. Images are imported unpacked and pinned; their layer blobs are then removed, because pods run
//! on the snapshots. The state is outside `/var`, which engines copy when a node is created: a node links to it
//! instead.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt as _;
use mtls_engine::{Engine, EngineError, HostConfig, NewContainer, Privileges};

use super::archive::Built;
use super::error::BuildError;
use super::layer::Layer;
use super::loaded::archive_stream;
use super::{rewrite, stream};

/// Only one builder exists at a time, ensured by the lock of the cache.
const BUILDER: &str = "mtls-e2e-image-builder";
/// The label that identifies a leftover builder.
const PURPOSE: (&str, &str) = ("mtls-e2e.purpose", "image-builder");
/// Timeout of containerd's start.
const START: Duration = Duration::from_mins(1);
/// How long containerd may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(30);
/// Timeout of the import of images.
const BULK: Duration = Duration::from_mins(15);
/// Timeout of a short command.
const SHORT: Duration = Duration::from_mins(1);
/// The path of containerd's state and its target: not below `/var`, see `fixtures/stack/node/kind/store/attach`.
const STATE: (&str, &str) = ("/var/lib/containerd", "kind/store");
/// The label that the CRI plugin evaluates.
const PINNED: &str = "io.cri-containerd.pinned=pinned";
/// Every `ctr` command uses the namespace of Kubernetes.
const CTR: [&str; 3] = ["ctr", "--namespace", "k8s.io"];

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
        engine.stop_container(BUILDER, GRACE).await?;
        take_out(engine, to).await
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
        let version = run(engine, &["cat", "/kind/version"], SHORT).await?;
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
    engine.remove_container(BUILDER).await?;
    let started = async {
        engine.with_privileges(BUILDER, async |privileges| start(engine, image, privileges).await).await?;
        wait_for_containerd(engine).await?;
        work.await
    };
    let done = started.await;
    let removed = engine.remove_container(BUILDER).await;
    let done = done?;
    removed?;
    Ok(done)
}

async fn fill(engine: &Engine, images: &ImageSet) -> Result<(), BuildError> {
    let import = ctr(&["images", "import", "--snapshotter", "overlayfs", "-"]);
    if !images.built.is_empty() {
        let archive = archive_stream(images.built.clone());
        Box::pin(engine.must_read(BUILDER, &import, archive, BULK)).await?;
    }
    if !images.pulled.is_empty() {
        let archive = engine.saved_images(&images.pulled);
        Box::pin(engine.must_read(BUILDER, &import, archive, BULK)).await?;
    }
    let built = images.built.iter().map(|image| image.reference.as_str());
    let wanted: Vec<&str> = built.chain(images.pulled.iter().map(String::as_str)).collect();
    verify(engine, &wanted).await?;
    pin(engine, &wanted).await
}

fn ctr<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [&CTR[..], command].concat()
}

async fn start(engine: &Engine, image: &str, privileges: Privileges) -> Result<(), EngineError> {
    let mut host = HostConfig {
        network_mode: Some("none".to_owned()),
        tmpfs: Some([("/run".to_owned(), String::new()), ("/tmp".to_owned(), String::new())].into()),
        ..HostConfig::default()
    };
    privileges.apply(&mut host);
    let builder = NewContainer {
        name: BUILDER.to_owned(),
        image: image.to_owned(),
        command: vec!["containerd".to_owned()],
        labels: [(PURPOSE.0.to_owned(), PURPOSE.1.to_owned())].into(),
        volumes: vec!["/var".to_owned()],
        stop_signal: "SIGTERM".to_owned(),
        host,
    };
    engine.start_container(builder).await
}

/// Runs a program in the builder and returns what it printed.
async fn run(engine: &Engine, command: &[&str], limit: Duration) -> Result<String, EngineError> {
    let printed = engine.must(BUILDER, command, &[], limit).await?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

async fn wait_for_containerd(engine: &Engine) -> Result<(), BuildError> {
    // The first answer can take a moment; `ctr` retries its connection until its timeout.
    let version = ["ctr", "--connect-timeout", "30s", "version"];
    Ok(run(engine, &version, START).await.map(drop)?)
}

/// The names of all images in the builder's containerd, without their digests.
async fn names(engine: &Engine) -> Result<Vec<String>, BuildError> {
    let listed = run(engine, &ctr(&["images", "ls", "--quiet"]), SHORT).await?;
    let named = |name: &&str| !name.starts_with("sha256:") && !name.contains('@');
    Ok(listed.split_whitespace().filter(named).map(str::to_owned).collect())
}

/// Unpacks the images of an external node image, which may exist as blobs only; the blobs are removed later.
async fn unpack(engine: &Engine, images: &[String]) -> Result<(), BuildError> {
    let target = "/tmp/unpack";
    for image in images {
        run(engine, &["mkdir", "-p", target], SHORT).await?;
        let mount = ctr(&["images", "mount", "--snapshotter", "overlayfs", image, target]);
        run(engine, &mount, BULK).await?;
        let unmount = ctr(&["images", "unmount", "--rm", "--snapshotter", "overlayfs", target]);
        run(engine, &unmount, SHORT).await?;
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
        run(engine, &label, SHORT).await?;
    }
    Ok(())
}

/// Removes the references from unpacked layers to their blobs, and the blobs at once.
async fn drop_blobs(engine: &Engine) -> Result<(), BuildError> {
    let prune = ctr(&["content", "prune", "references"]);
    Ok(run(engine, &prune, SHORT).await.map(drop)?)
}

async fn take_out(engine: &Engine, to: &Path) -> Result<Layer, BuildError> {
    let mut archive = engine.download(BUILDER, STATE.0);
    let (sender, reader) = stream::reader();
    let target = to.to_owned();
    let writing = tokio::task::spawn_blocking(move || rewrite::into_layer(reader, STATE.1, &target));
    while let Some(chunk) = archive.next().await {
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
