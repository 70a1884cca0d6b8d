//! A node image based on an external one, such as `kindest/node`, with one layer of ours on top.
//!
//! The engine commits the layer, because only the engine can remove files of an image whose layers it stores: the
//! preloaded state of the base, which is replaced by one that contains the images of the base and ours.

use mtls_engine::{Engine, NewContainer};

use super::assemble::{self, BuiltArtifacts};
use super::cache::{CacheEntry, Key};
use super::error::BuildError;
use super::layer::Layer;
use super::model::{BuiltStack, NodeOrigin};
use super::node::{self, NODE};
use super::plan::Plan;
use super::preload::{self, ImageSet};
use super::progress::{Phase, ProgressSender, State};
use super::pulled::{Pulled, named};

/// Incremented when this module produces a different result from the same inputs.
const FORMAT: &str = "2";
/// The container that is committed.
const CONTAINER: &str = "mtls-e2e-image-mould";
/// The label that identifies a leftover container.
const PURPOSE: (&str, &str) = ("mtls-e2e.purpose", "image-mould");
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
    let id = engine.image(base).await?.id;
    let slot = slot(plan, built, pulled, &id)?;
    let reference = node::reference(plan, &slot);
    if let Some(stack) = slot.facts::<BuiltStack>()
        && engine.has_image(&reference).await?
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
    engine.remove_container(CONTAINER).await?;
    let made = async {
        let command = create(engine, base).await?;
        for layer in layers {
            upload(engine, layer).await?;
        }
        commit(engine, command, reference).await
    };
    let done = made.await;
    let removed = engine.remove_container(CONTAINER).await;
    done?;
    Ok(removed?)
}

/// Runs the base once to remove its state; returns its own program.
async fn create(engine: &Engine, base: &str) -> Result<Vec<String>, BuildError> {
    let command = engine.image(base).await?.command;
    let container = NewContainer {
        name: CONTAINER.to_owned(),
        image: base.to_owned(),
        command: ["rm", "-rf", "/var/lib/containerd"].map(str::to_owned).to_vec(),
        labels: [(PURPOSE.0.to_owned(), PURPOSE.1.to_owned())].into(),
        ..NewContainer::default()
    };
    engine.start_container(container).await?;
    engine.container_ended(CONTAINER).await?;
    Ok(command)
}

async fn upload(engine: &Engine, layer: &Layer) -> Result<(), BuildError> {
    let file =
        tokio::fs::File::open(&layer.path).await.map_err(BuildError::file(format!("read {}", layer.path.display())))?;
    let chunks = futures::stream::try_unfold(file, |mut file| async {
        let mut chunk = bytes::BytesMut::with_capacity(1 << 18);
        let read = tokio::io::AsyncReadExt::read_buf(&mut file, &mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (chunk.freeze(), file)))
    });
    Ok(engine.upload(CONTAINER, "/", &layer.path.display().to_string(), chunks).await?)
}

async fn commit(engine: &Engine, command: Vec<String>, reference: &str) -> Result<(), BuildError> {
    let command = std::iter::once(format!("/{ATTACH}")).chain(command).collect();
    Ok(engine.commit(CONTAINER, command, named(reference)).await?)
}
