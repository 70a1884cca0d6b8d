//! The image that nodes run: root file system, Kubernetes programs, and a containerd that already contains the stack.
//!
//! It follows kind's node contract, so the original `kind` can run it too. Its tag is the hash of its contents.

use std::collections::BTreeSet;

use mtls_engine::Engine;

use super::archive::{Built, Start};
use super::assemble::{self, BuiltArtifacts};
use super::cache::{CacheEntry, Key};
use super::error::BuildError;
use super::layer::Layer;
use super::loaded;
use super::model::{BuiltStack, ImageFact, NodeOrigin, Origin};
use super::plan::Plan;
use super::preload::{self, ImageSet};
use super::progress::{Phase, ProgressSender, State};
use super::pulled::Pulled;
use super::stack::{BASE_ROOTFS, Image, Node, Stack};

use serde::{Deserialize, Serialize};

/// The component name in progress lines and errors.
pub(super) const NODE: &str = "node";
/// Incremented when this module produces a different result from the same inputs.
const FORMAT: &str = "4";
/// The cache kind of node images that contain pulled images.
pub(super) const PULLED: &str = "node-pulled";
/// The file of the preloaded state in its cache entry.
const PRELOADED: &str = "preloaded.tar";

/// A finished node image.
#[derive(Deserialize, Serialize)]
pub(super) struct Facts {
    pub(super) stack: BuiltStack,
    pub(super) image: Built,
}

/// The node's cache entry for the given component outputs.
pub(super) fn slot(plan: &Plan, built: &BuiltArtifacts, pulled: &[Pulled]) -> Result<CacheEntry, BuildError> {
    let stack = &plan.stack;
    let mut key = Key::new("node");
    // The upstream image of the registry does not influence the result.
    key.text("format", FORMAT).declaration(&Node { upstream: None, ..stack.node.clone() });
    for component in &stack.components {
        key.text(&component.id, &component.version);
        if let Some(layer) = built.rootfs(&component.id) {
            key.text("rootfs", &layer.sha256);
        }
    }
    for image in &stack.images {
        key.declaration(image);
        built.identify(&image.files, &mut key);
    }
    for image in pulled {
        image.identify(&mut key);
    }
    built.identify(&stack.node.files, &mut key);
    for tree in ["static", &stack.node.tree] {
        key.tree(&plan.sources.stack.join(tree))?;
    }
    let kind = if pulled.is_empty() { "node" } else { PULLED };
    Ok(plan.cache.slot(kind, &key.finish()))
}

/// Builds the node image or takes it from the cache, and loads it into the engine.
pub(super) async fn build(
    plan: &Plan,
    built: &BuiltArtifacts,
    pulled: &[Pulled],
    engine: &Engine,
    sender: &ProgressSender,
) -> Result<BuiltStack, BuildError> {
    let slot = slot(plan, built, pulled)?;
    let facts = match slot.facts::<Facts>().filter(|facts| facts.image.is_whole()) {
        Some(facts) => facts,
        None => make(plan, built, pulled, engine, sender, &slot).await?,
    };
    slot.retain_recent()?;
    if engine.has_image(&facts.stack.node_image).await? {
        sender.send(NODE, Phase::Load, State::Cached);
    } else {
        let load = loaded::load(engine, vec![facts.image]);
        sender.around(NODE, Phase::Load, load).await?;
    }
    forget_others(plan, &slot, engine).await;
    Ok(facts.stack)
}

/// Removes node images of the same kind from the engine that the cache no longer contains. Those in the cache may
/// belong to another checkout, which would have to load them again.
pub(super) async fn forget_others(plan: &Plan, slot: &CacheEntry, engine: &Engine) {
    let name = name(plan, slot);
    let kept: Vec<String> = slot.siblings().iter().map(|key| format!("{name}:{key}")).collect();
    loaded::forget(engine, &name, &kept).await;
}

async fn make(
    plan: &Plan,
    built: &BuiltArtifacts,
    pulled: &[Pulled],
    engine: &Engine,
    sender: &ProgressSender,
    slot: &CacheEntry,
) -> Result<Facts, BuildError> {
    let assemble = async {
        let images = assemble::images(&plan.stack, &plan.sources.stack, built, &plan.cache)?;
        Ok::<_, BuildError>((images, own_layer(plan, built)?))
    };
    let (images, own) = sender.around(NODE, Phase::Assemble, assemble).await?;
    let rootfs = rootfs(plan, built)?;
    let builder = builder(plan, built)?;
    let workspace = slot.workspace()?;
    let facts = facts(plan, &images, pulled);
    let used: BTreeSet<String> = images.iter().flat_map(Built::keys).collect();
    let set = ImageSet { built: images, pulled: pulled.iter().map(|image| image.name.clone()).collect() };
    let filled = async {
        if !engine.has_image(&builder.reference).await? {
            loaded::load(engine, vec![builder.clone()]).await?;
        }
        preload::preload(engine, &builder.reference, &set, &workspace.join(PRELOADED)).await
    };
    let preloaded = sender.around(NODE, Phase::Preload, filled).await?;
    let preloaded = Layer { path: slot.directory().join(PRELOADED), ..preloaded };

    let reference = reference(plan, slot);
    let facts = Facts {
        stack: BuiltStack {
            stack: plan.name.clone(),
            node_image: reference.clone(),
            images: facts,
            node: NodeOrigin::BuiltFromSource,
        },
        image: Built::new(reference, &start(), vec![rootfs, own, preloaded]),
    };
    slot.keep(&workspace, &facts)?;
    plan.cache.prune_layers(&used)?;
    Ok(facts)
}

/// Name and tag of the node image; the tag is the key of the entry.
pub(super) fn reference(plan: &Plan, slot: &CacheEntry) -> String {
    format!("{}:{}", name(plan, slot), slot.key())
}

/// `localhost/mtls-e2e/node`, or the same with the suffix `-pulled` or `-foreign`.
fn name(plan: &Plan, slot: &CacheEntry) -> String {
    format!("{}{}", plan.stack.node.name, slot.kind().trim_start_matches("node"))
}

/// The contents of the node image, for reports.
pub(super) fn facts(plan: &Plan, images: &[Built], pulled: &[Pulled]) -> Vec<ImageFact> {
    let built = plan.stack.images.iter().zip(images).map(|(image, built)| fact(plan, image, built));
    built.chain(pulled.iter().map(Pulled::fact)).collect()
}

fn rootfs(plan: &Plan, built: &BuiltArtifacts) -> Result<Layer, BuildError> {
    let id = &plan.stack.node.rootfs;
    built.rootfs(id).ok_or_else(|| BuildError::Content {
        component: id.clone(),
        problem: "its cache entry has no layer".to_owned(),
        fix: "remove its folder under components/ in the cache and build again".to_owned(),
    })
}

/// The root file system alone, which is sufficient for preloading; it changes rarely, so the engine keeps it.
pub(super) fn builder(plan: &Plan, built: &BuiltArtifacts) -> Result<Built, BuildError> {
    let rootfs = rootfs(plan, built)?;
    let reference = format!("{}-rootfs:{}", plan.stack.node.name, &rootfs.sha256[..16]);
    let start = Start { volumes: vec!["/var".to_owned()], ..Start::default() };
    Ok(Built::new(reference, &start, vec![rootfs]))
}

/// The node's programs, its configuration, and the version file of kind's contract.
fn own_layer(plan: &Plan, built: &BuiltArtifacts) -> Result<Layer, BuildError> {
    let node = &plan.stack.node;
    let tree = plan.sources.stack.join(&node.tree);
    let version = plan.stack.component(&node.kubernetes).map(|component| component.version.clone()).unwrap_or_default();
    let mut key = Key::new("node-layer");
    let kubeadm_images = kubeadm_images(&plan.stack);
    key.declaration(&node.files).text("version", &version).text("kubeadm-images", &kubeadm_images);
    key.tree(&tree)?;
    built.identify(&node.files, &mut key);
    assemble::kept(&plan.cache.slot("layers", &key.finish()), |contents| {
        contents.tree(&tree)?;
        contents.bytes("kind/version", version, 0o644);
        contents.bytes("kind/kubeadm-images", kubeadm_images, 0o644);
        contents.directory("etc/cni/net.d", 0o755, 0);
        contents.directory("etc/kubernetes/manifests", 0o755, 0);
        built.place(&node.files, contents);
        Ok(())
    })
}

/// A line `component tag` for each image whose tag is passed to kubeadm.
fn kubeadm_images(stack: &Stack) -> String {
    let lines: Vec<String> =
        stack.kubeadm_tags().into_iter().map(|(component, tag)| format!("{component} {tag}\n")).collect();
    lines.concat()
}

fn start() -> Start {
    Start {
        entrypoint: ["/kind/store/attach", "/usr/local/bin/entrypoint", "/sbin/init"].map(str::to_owned).to_vec(),
        environment: vec!["container=docker".to_owned()],
        workdir: "/".to_owned(),
        stop_signal: Some("SIGRTMIN+3".to_owned()),
        volumes: vec!["/var".to_owned()],
        ..Start::default()
    }
}

fn fact(plan: &Plan, image: &Image, built: &Built) -> ImageFact {
    // An image without files of its own consists of its base.
    let first = image.files.first().map_or(BASE_ROOTFS, |file| &file.component);
    let component = plan.stack.component(first);
    let carried = image.files.iter().filter_map(|file| plan.stack.component(&file.component));
    let notes: BTreeSet<String> = carried.filter_map(|component| component.note.clone()).collect();
    ImageFact {
        name: built.reference.clone(),
        digest: built.id(),
        size: built.size(),
        origin: Origin::BuiltFromSource {
            module: component.map(super::stack::Component::origin).unwrap_or_default(),
            version: component.map(|one| one.version.clone()).unwrap_or_default(),
            notes: notes.into_iter().collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::component::Tools;
    use crate::model::BuildRequest;
    use crate::plan;

    #[test]
    fn kubeadm_is_told_the_tags_of_images_that_are_not_built_here_too() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut stack = plan::declared(&BuildRequest::current(workspace.clone(), workspace.join("no-cache"))).unwrap();
        let expected = kubeadm_images(&stack);
        assert_eq!(expected, "dns v1.14.3\netcd 3.6.9-0\n");
        stack.images.clear();
        assert_eq!(kubeadm_images(&stack), expected);
    }

    #[test]
    fn what_upstream_offers_does_not_change_what_is_made_here() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let request = BuildRequest::current(workspace.clone(), workspace.join("no-cache"));
        let key = |change: &dyn Fn(&mut Node)| {
            let mut stack = plan::declared(&request).unwrap();
            change(&mut stack.node);
            let plan = Plan::of(stack, &request, &Tools::default()).unwrap();
            slot(&plan, &BuiltArtifacts::default(), &[]).unwrap().key().to_owned()
        };
        let now = key(&|_| ());
        assert_eq!(key(&|node| node.upstream = None), now);
        assert_ne!(key(&|node| node.tree = "static".to_owned()), now);
    }
}
