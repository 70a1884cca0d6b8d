//! The stack from a registry: upstream images by digest, preloaded into a node image like built ones.
//!
//! Images that upstream does not publish (the reference client and workload, `istioctl` in the node) are built here.
//!
//! Not here: whether to pull at all, and the handling of images that the registry lacks; see `supply`.

use mtls_engine::Engine;
use tokio::sync::mpsc;

use super::build;
use super::error::BuildError;
use super::model::{BuildRequest, BuiltStack};
use super::plan::{self, Plan};
use super::preload::NodeContents;
use super::progress::{Phase, Progress, ProgressSender};
use super::pulled::{self, Offer, Pulled, split};
use super::share::{self, NodeParts};
use super::stack::Image;
use super::{foreign, held, node, preconditions, preload, record};

/// What to pull, and from where.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// The workspace and the cache.
    pub build: BuildRequest,
    /// `HOST:PORT` or `HOST:PORT/PATH`, prefixed to every upstream name.
    pub mirror: Option<String>,
    /// The base of the node image.
    pub base: NodeBase,
}

/// The base of a node image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeBase {
    /// The root file system and programs built from source.
    Built,
    /// A node image with kind's contract, such as `kindest/node:v1.36.4`, pulled if the engine lacks it.
    Image(String),
}

/// Pulls every upstream image, records missing digests, and makes a node image that contains all of them.
///
/// # Errors
///
/// When a registry lacks an image or has another one than recorded, and all errors of a build.
pub async fn pull(request: &PullRequest, progress: &mut dyn Progress) -> Result<BuiltStack, BuildError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = Box::pin(run(request, ProgressSender(sender)));
    build::reporting(work, &mut events, progress).await
}

async fn run(request: &PullRequest, sender: ProgressSender) -> Result<BuiltStack, BuildError> {
    let declared = plan::declared(&request.build)?;
    let mut upstream = declared.images.clone();
    upstream.retain(|image| image.upstream.is_some());
    let parts = match request.base {
        NodeBase::Built => NodeParts::Built,
        NodeBase::Image(_) => NodeParts::Brought,
    };
    let ours = share::ours(declared, |image| image.upstream.is_none(), parts);
    let plan = share::plan(ours, &request.build)?;
    let engine = preconditions::demand(&plan).await?;
    let _lock = build::lock(&plan, &sender).await?;

    let base = match &request.base {
        NodeBase::Built => None,
        NodeBase::Image(base) => {
            if !engine.has_image(base).await? {
                sender.around(base, Phase::Pull, pulled::pull(&engine, base)).await?;
            }
            let contents = preload::contents(&engine, base).await?;
            upstream.retain(|image| !is_held(image, &contents));
            Some(base.as_str())
        }
    };
    let mut offers = Vec::new();
    for image in &upstream {
        if let Some(one) = &image.upstream {
            offers.push((image.clone(), pulled::offer(&engine, one, request.mirror.as_deref()).await?));
        }
    }
    let images = fetch(&engine, offers, &sender).await?;
    remember(request, &upstream, &images)?;
    let stack = make(&plan, &images, base, &engine, &sender).await?;
    if request.base == NodeBase::Built {
        held::keep(&Plan::new(&request.build)?, &stack)?;
    }
    Ok(stack)
}

/// The Kubernetes images of a node image fit its programs, whatever their tags are.
pub(super) fn is_held(image: &Image, base: &NodeContents) -> bool {
    base.images.iter().any(|name| split(name).0 == image.name)
}

/// Pulls images into the engine, one after the other.
pub(super) async fn fetch(
    engine: &Engine,
    offers: Vec<(Image, Offer)>,
    sender: &ProgressSender,
) -> Result<Vec<Pulled>, BuildError> {
    let mut fetched = Vec::new();
    for (image, offer) in offers {
        let work = pulled::bring(engine, &image, offer);
        fetched.push(sender.around(&image.reference(), Phase::Pull, work).await?);
    }
    Ok(fetched)
}

/// Builds the rest of the plan, and makes a node image of it and the pulled images.
pub(super) async fn make(
    plan: &Plan,
    images: &[Pulled],
    base: Option<&str>,
    engine: &Engine,
    sender: &ProgressSender,
) -> Result<BuiltStack, BuildError> {
    let built = build::components(plan, sender).await?;
    match base {
        None => node::build(plan, &built, images, engine, sender).await,
        Some(base) => foreign::build(plan, &built, images, base, engine, sender).await,
    }
}

fn remember(request: &PullRequest, upstream: &[Image], images: &[Pulled]) -> Result<(), BuildError> {
    let new = upstream.iter().zip(images).filter_map(|(image, pulled)| {
        let declared = image.upstream.as_ref().filter(|upstream| upstream.digest.is_empty())?;
        Some((declared.name.as_str(), pulled.offer.digest.as_str()))
    });
    let files = plan::declarations(&request.build);
    // Digests go into the file that names the image: the set's own, else the base file.
    let stack = std::fs::read_to_string(&files[0]).unwrap_or_default();
    let (own, other): (Vec<_>, Vec<_>) = new.partition(|(name, _)| stack.contains(&format!("\"{name}\"")));
    record::digests(&files[0], own.into_iter())?;
    record::digests(&files[1], other.into_iter())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Stack;

    #[test]
    fn a_node_image_keeps_its_own_version_of_an_image() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        let upstream = Stack::read(&file).unwrap().images;
        let held = NodeContents { images: vec!["registry.k8s.io/etcd:3.6.4-0".to_owned()], version: String::new() };
        let left: Vec<_> = upstream.iter().filter(|image| !is_held(image, &held)).collect();
        assert_eq!(left.len(), upstream.len() - 1);
    }
}
