//! A node image based on an external one, such as `kindest/node`, with one layer of ours on top.
//!
//! The engine commits the layer, because only the engine can remove files of an image whose layers it stores: the
//! preloaded state of the base, which is replaced by one that contains the images of the base and ours.

use bollard::models::{ContainerConfig, ContainerCreateBody};
use bollard::query_parameters::{
    CommitContainerOptionsBuilder, CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    UploadToContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt as _;

use super::assemble::{self, BuiltArtifacts};
use super::cache::{CacheEntry, Key};
use super::engine::{Engine, limited};
use super::error::BuildError;
use super::layer::Layer;
use super::model::{BuiltStack, NodeOrigin};
use super::node::{self, NODE};
use super::plan::Plan;
use super::preload::{self, ImageSet};
use super::progress::{Phase, ProgressSender, State};
use super::pulled::Pulled;

/// Incremented when this module produces a different result from the same inputs.
const FORMAT: &str = "2";
/// The container that is committed.
const CONTAINER: &str = "mtls-e2e-image-mould";
/// The label that identifies a leftover container.
const PURPOSE: (&str, &str) = ("mtls-e2e.purpose", "image-mould");
/// Timeout of one operation on the container.
const BULK: std::time::Duration = std::time::Duration::from_mins(15);
/// Links the preloaded state into a node; it is put before the image's own entry point.
const ATTACH: &str = "kind/store/attach";

/// Builds the node image, or takes it from the engine.
pub(super) async fn build(
    plan: &Plan,
    built: &BuiltArtifacts,
    pulled: &[Pulled],
    base: &str,
    engine: &Engine,
    sender: &ProgressSender,
) -> Result<BuiltStack, BuildError> {
    let id = engine.identity(base).await?.0;
    let slot = slot(plan, built, pulled, &id)?;
    let reference = node::reference(plan, &slot);
    if let Some(stack) = slot.facts::<BuiltStack>()
        && engine.has(&reference).await?
    {
        sender.send(NODE, Phase::Preload, State::Cached);
        return Ok(stack);
    }
    let images = assemble::images(&plan.stack, &plan.sources.stack, built, &plan.cache)?;
    let workspace = slot.workspace()?;
    let facts = node::facts(plan, &images, pulled);
    let set = ImageSet { built: images, pulled: pulled.iter().map(|image| image.name.clone()).collect() };
    let state = workspace.join("preloaded.tar");
    let filled = preload::preload(engine, base, &set, &state);
    let state = sender.around(NODE, Phase::Preload, filled).await?;
    let own = own_layer(plan, built)?;
    sender.around(NODE, Phase::Load, replace_state(engine, base, &[own, state.clone()], &reference)).await?;
    // The engine has the image now, and a second commit would differ.
    std::fs::remove_file(&state.path).map_err(BuildError::file(format!("remove {}", state.path.display())))?;
    let node = NodeOrigin::On { image: base.to_owned(), id };
    let stack = BuiltStack { stack: plan.name.clone(), node_image: reference, images: facts, node };
    slot.keep(&workspace, &stack)?;
    slot.retain_recent()?;
    node::forget_others(plan, &slot, engine).await;
    Ok(stack)
}

fn slot(plan: &Plan, built: &BuiltArtifacts, pulled: &[Pulled], base: &str) -> Result<CacheEntry, BuildError> {
    let mut key = Key::new("foreign-node");
    key.text("format", FORMAT).text("base", base).declaration(&plan.stack.node);
    for image in &plan.stack.images {
        key.declaration(image);
        built.identify(&image.files, &mut key);
    }
    for image in pulled {
        image.identify(&mut key);
    }
    built.identify(&plan.stack.node.files, &mut key);
    key.file(&plan.sources.stack.join(&plan.stack.node.tree).join(ATTACH))?;
    Ok(plan.cache.slot("node-foreign", &key.finish()))
}

/// Programs that the stack needs on a node and an external image lacks.
fn own_layer(plan: &Plan, built: &BuiltArtifacts) -> Result<Layer, BuildError> {
    let attach = plan.sources.stack.join(&plan.stack.node.tree).join(ATTACH);
    let mut key = Key::new("foreign-node-layer");
    key.declaration(&plan.stack.node.files).file(&attach)?;
    built.identify(&plan.stack.node.files, &mut key);
    assemble::kept(&plan.cache.slot("layers", &key.finish()), |contents| {
        contents.file(ATTACH, &attach, 0o755);
        built.place(&plan.stack.node.files, contents);
        Ok(())
    })
}

/// Removes the base's preloaded state, adds the layers, and commits the result.
async fn replace_state(engine: &Engine, base: &str, layers: &[Layer], reference: &str) -> Result<(), BuildError> {
    remove(engine).await?;
    let made = async {
        let entrypoint = create(engine, base).await?;
        for layer in layers {
            upload(engine, layer).await?;
        }
        commit(engine, entrypoint, reference).await
    };
    let done = made.await;
    let removed = remove(engine).await;
    done?;
    removed
}

/// Runs the base once to remove its state; returns its own entry point.
async fn create(engine: &Engine, base: &str) -> Result<Vec<String>, BuildError> {
    let fail = || BuildError::engine(format!("clear the image store of {base}"));
    let inspected = engine.0.inspect_image(base).await.map_err(fail())?;
    let config = inspected.config.unwrap_or_default();
    let entrypoint = [config.entrypoint, config.cmd].into_iter().flatten().flatten().collect();
    let body = ContainerCreateBody {
        image: Some(base.to_owned()),
        entrypoint: Some(["rm", "-rf", "/var/lib/containerd"].map(str::to_owned).to_vec()),
        cmd: Some(Vec::new()),
        labels: Some([(PURPOSE.0.to_owned(), PURPOSE.1.to_owned())].into()),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::default().name(CONTAINER).build();
    engine.0.create_container(Some(options), body).await.map_err(fail())?;
    engine.0.start_container(CONTAINER, None).await.map_err(fail())?;
    let mut end =
        std::pin::pin!(engine.0.wait_container(CONTAINER, Some(WaitContainerOptionsBuilder::default().build())));
    let ended = limited("clearing the image store", BULK, end.next()).await?;
    ended.transpose().map_err(fail())?;
    Ok(entrypoint)
}

async fn upload(engine: &Engine, layer: &Layer) -> Result<(), BuildError> {
    let action = format!("copy {} into {CONTAINER}", layer.path.display());
    let options = UploadToContainerOptionsBuilder::default().path("/").build();
    let file =
        tokio::fs::File::open(&layer.path).await.map_err(BuildError::file(format!("read {}", layer.path.display())))?;
    let chunks = futures::stream::try_unfold(file, |mut file| async {
        let mut chunk = bytes::BytesMut::with_capacity(1 << 18);
        let read = tokio::io::AsyncReadExt::read_buf(&mut file, &mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (chunk.freeze(), file)))
    });
    let sent = engine.0.upload_to_container(CONTAINER, Some(options), bollard::body_try_stream(chunks));
    limited(&action, BULK, sent).await?.map_err(BuildError::engine(&action))
}

async fn commit(engine: &Engine, entrypoint: Vec<String>, reference: &str) -> Result<(), BuildError> {
    let (repository, tag) = super::pulled::split(reference);
    let options = CommitContainerOptionsBuilder::default().container(CONTAINER).repo(repository).tag(tag).build();
    let config = ContainerConfig {
        entrypoint: Some(std::iter::once(format!("/{ATTACH}")).chain(entrypoint).collect()),
        cmd: Some(Vec::new()),
        ..ContainerConfig::default()
    };
    let action = format!("commit {reference}");
    limited(&action, BULK, engine.0.commit_container(options, config))
        .await?
        .map(drop)
        .map_err(BuildError::engine(&action))
}

async fn remove(engine: &Engine) -> Result<(), BuildError> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.0.remove_container(CONTAINER, Some(options)).await {
        Ok(()) | Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        Err(source) => Err(BuildError::engine(format!("remove {CONTAINER}"))(source)),
    }
}
