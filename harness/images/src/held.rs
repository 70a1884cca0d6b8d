//! The cached forms of the currently declared stack: built from source, pulled, both or none.
//!
//! A pulled stack is stored under the hash of the whole declaration, next to its node image.
//!
//! Not here: which of them a run uses; see `supply`.

use jiff::Timestamp;
use mtls_engine::Engine;

use super::cache::{Cache, CacheEntry, Key};
use super::error::BuildError;
use super::loaded;
use super::model::{BuildRequest, BuiltStack, Origin};
use super::node;
use super::plan::Plan;
use super::progress::{Phase, ProgressSender};
use super::pulled::split;

/// How a stack was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Everything was built from source.
    Built,
    /// `pulled` of `all` images came from a registry.
    Pulled { pulled: usize, all: usize },
}

/// A stack in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CachedImages {
    pub(super) how: How,
    /// The creation time of the node image; `None` when the image must be assembled again.
    pub(super) made: Option<Timestamp>,
    /// The time of last use.
    pub(super) used: Option<Timestamp>,
}

/// The currently declared stack if the cache has all of it; if both a built and a pulled one exist, the one used last.
/// Reads only the cache and does not contact the engine.
#[must_use]
pub fn current(request: &BuildRequest) -> Option<BuiltStack> {
    let plan = Plan::new(request).ok()?;
    let source = source(&plan).and_then(|slot| Some((slot.used(), slot.facts::<node::Facts>()?.stack)));
    let pulled = slot(&plan).ok().and_then(|slot| Some((slot.used(), slot.facts::<BuiltStack>()?)));
    [source, pulled].into_iter().flatten().max_by_key(|(used, _)| *used).map(|(_, stack)| stack)
}

/// The stack of a node image by the image's name, independent of the current declaration.
#[must_use]
pub fn described(request: &BuildRequest, node_image: &str) -> Option<BuiltStack> {
    let cache = Cache::at(&request.cache);
    let (_, key) = split(node_image);
    let whole =
        ["node", node::PULLED].map(|kind| cache.slot(kind, key).facts::<node::Facts>().map(|facts| facts.stack));
    let foreign = cache.slot("node-foreign", key).facts::<BuiltStack>();
    whole.into_iter().chain([foreign]).flatten().find(|stack| stack.node_image == node_image)
}

/// All cached forms of the stack. A pulled stack whose node image is missing is left out.
pub(super) async fn all(plan: &Plan, engine: &Engine) -> Result<Vec<CachedImages>, BuildError> {
    let mut held = Vec::new();
    if plan.cached().is_some() {
        let slot = source(plan).filter(|slot| slot.facts::<node::Facts>().is_some());
        let (made, used) = slot.map_or((None, None), |slot| (slot.made(), slot.used()));
        held.push(CachedImages { how: How::Built, made, used });
    }
    let slot = slot(plan)?;
    if let Some(stack) = slot.facts::<BuiltStack>()
        && (engine.has_image(&stack.node_image).await? || archive(plan, &stack).is_some())
    {
        let pulled = stack.images.iter().filter(|image| matches!(image.origin, Origin::Pulled { .. })).count();
        let how = How::Pulled { pulled, all: stack.images.len() };
        held.push(CachedImages { how, made: slot.made(), used: slot.used() });
    }
    Ok(held)
}

/// Records a pulled stack under the hash of the declaration.
pub(super) fn keep(plan: &Plan, stack: &BuiltStack) -> Result<(), BuildError> {
    let slot = slot(plan)?;
    let workspace = slot.workspace()?;
    slot.keep(&workspace, stack)?;
    slot.retain_recent()
}

/// The stack built from source, if the engine also has its node image.
pub(super) async fn built(plan: &Plan, engine: &Engine) -> Result<Option<BuiltStack>, BuildError> {
    let Some((slot, facts)) = source(plan).and_then(|slot| slot.facts::<node::Facts>().map(|facts| (slot, facts)))
    else {
        return Ok(None);
    };
    if !engine.has_image(&facts.stack.node_image).await? {
        return Ok(None);
    }
    slot.retain_recent()?;
    Ok(Some(facts.stack))
}

/// The pulled stack; its node image is loaded into the engine if it is missing there.
pub(super) async fn pulled(plan: &Plan, engine: &Engine, sender: &ProgressSender) -> Result<BuiltStack, BuildError> {
    let gone = || BuildError::Content {
        component: node::NODE.to_owned(),
        problem: "the pulled stack was removed from the cache meanwhile".to_owned(),
        fix: "run the command again".to_owned(),
    };
    let slot = slot(plan)?;
    let stack = slot.facts::<BuiltStack>().ok_or_else(gone)?;
    if !engine.has_image(&stack.node_image).await? {
        let facts = archive(plan, &stack).ok_or_else(gone)?;
        sender.around(node::NODE, Phase::Load, loaded::load(engine, vec![facts.image])).await?;
    }
    slot.retain_recent()?;
    Ok(stack)
}

/// The cache entry of the node image built from source, if every component is cached.
fn source(plan: &Plan) -> Option<CacheEntry> {
    node::slot(plan, &plan.cached()?, &[]).ok()
}

/// The node image of a pulled stack, if the cache has all of it.
fn archive(plan: &Plan, stack: &BuiltStack) -> Option<node::Facts> {
    let (_, key) = split(&stack.node_image);
    let facts = plan.cache.slot(node::PULLED, key).facts::<node::Facts>()?;
    (facts.stack == *stack && facts.image.is_whole()).then_some(facts)
}

fn slot(plan: &Plan) -> Result<CacheEntry, BuildError> {
    let mut key = Key::new("stack-pulled");
    for (component, slot) in plan.components() {
        key.text(&component.id, slot.key());
    }
    for image in &plan.stack.images {
        key.declaration(image);
    }
    key.declaration(&plan.stack.node);
    for tree in ["static", &plan.stack.node.tree] {
        key.tree(&plan.sources.stack.join(tree))?;
    }
    Ok(plan.cache.slot("stack-pulled", &key.finish()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::NodeOrigin;

    #[test]
    fn a_pulled_stack_is_current_as_long_as_the_same_is_declared() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let request = BuildRequest::current(workspace, folder.path().to_owned());
        let plan = Plan::new(&request).unwrap();
        plan.cache.prepare().unwrap();
        assert_eq!(current(&request), None);
        let name = "localhost/x-pulled:1".to_owned();
        let stack = BuiltStack {
            stack: crate::StackName::default(),
            node_image: name,
            images: Vec::new(),
            node: NodeOrigin::BuiltFromSource,
        };
        keep(&plan, &stack).unwrap();
        assert_eq!(current(&request), Some(stack));
        let mut changed = plan.stack.clone();
        changed.images[0].tag.push('x');
        let changed = Plan::of(changed, &request, &crate::component::Tools::here(&request.workspace)).unwrap();
        assert_eq!(slot(&changed).unwrap().facts::<BuiltStack>(), None);
    }

    #[test]
    fn a_node_image_made_here_is_described_by_its_whole_name() {
        let folder = tempfile::tempdir().unwrap();
        let request = BuildRequest::current(folder.path().to_owned(), folder.path().to_owned());
        let cache = Cache::at(&request.cache);
        cache.prepare().unwrap();
        let slot = cache.slot("node-foreign", "1");
        let node = NodeOrigin::On { image: "kindest/node:v1".to_owned(), id: "sha256:n".to_owned() };
        let stack = BuiltStack {
            stack: crate::StackName::default(),
            node_image: "localhost/x-foreign:1".to_owned(),
            images: Vec::new(),
            node,
        };
        slot.keep(&slot.workspace().unwrap(), &stack).unwrap();
        assert_eq!(described(&request, "localhost/x-foreign:1"), Some(stack));
        assert_eq!(described(&request, "other.example/node:1"), None);
    }
}
