//! The stack out of a registry: upstream's images by digest, preloaded into a node image as built ones are.
//!
//! What upstream does not publish (the examined pair, the SPIRE registrar, `istioctl` in the node) is built from source here too.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::build::{self, BuildRequest, BuiltStack};
use super::component::Tools;
use super::engine::Engine;
use super::error::BuildError;
use super::plan::{self, Plan};
use super::progress::{Phase, Progress, Teller};
use super::pulled::{self, Pulled, split};
use super::stack::{BASE_ROOTFS, Base, Image, Stack};
use super::{foreign, node, preconditions, preload, record};

/// What to pull, and from where.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// The workspace and the cache.
    pub build: BuildRequest,
    /// `HOST:PORT` or `HOST:PORT/PATH` put before every upstream name.
    pub mirror: Option<String>,
    /// What the node image is made on.
    pub base: NodeBase,
}

/// What a node image is made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeBase {
    /// The root file system and programs built from source.
    Built,
    /// A node image with kind's contract, such as `kindest/node:v1.36.4`, pulled when the engine lacks it.
    Image(String),
}

/// Pulls every upstream image, records digests that were not recorded yet, and makes a node image that holds them all.
///
/// # Errors
///
/// When a registry has no such image, or another one than recorded; and whatever a build can fail with.
pub async fn pull(request: &PullRequest, progress: &mut dyn Progress) -> Result<BuiltStack, BuildError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = Box::pin(run(request, Teller(sender)));
    build::reporting(work, &mut events, progress).await
}

async fn run(request: &PullRequest, teller: Teller) -> Result<BuiltStack, BuildError> {
    let declared = plan::declared(&request.build)?;
    let (ours, upstream) = divide(declared, &request.base);
    let plan = Plan::of(ours, &request.build, &Tools::here(&request.build.workspace))?;
    let engine = preconditions::demand(&plan).await?;
    let _lock = build::lock(&plan, &teller).await?;

    let mirror = request.mirror.as_deref();
    match &request.base {
        NodeBase::Built => {
            let images = fetch(&engine, &upstream, mirror, &teller).await?;
            remember(request, &upstream, &images)?;
            let built = build::components(&plan, &teller).await?;
            node::build(&plan, &built, &images, &engine, &teller).await
        }
        NodeBase::Image(base) => {
            if !engine.has(base).await? {
                teller.around(base, Phase::Pull, engine.pull(base)).await?;
            }
            let held = preload::held(&engine, base).await?;
            let upstream: Vec<Image> = upstream.into_iter().filter(|image| !is_held(image, &held)).collect();
            let images = fetch(&engine, &upstream, mirror, &teller).await?;
            remember(request, &upstream, &images)?;
            let built = build::components(&plan, &teller).await?;
            foreign::build(&plan, &built, &images, base, &engine, &teller).await
        }
    }
}

/// What is built from source all the same, and the images that come from a registry.
fn divide(mut stack: Stack, base: &NodeBase) -> (Stack, Vec<Image>) {
    let (upstream, ours) = stack.images.into_iter().partition(|image: &Image| image.upstream.is_some());
    stack.images = ours;
    if let NodeBase::Image(_) = base {
        let kubernetes = stack.node.kubernetes.clone();
        stack.node.files.retain(|file| file.component != kubernetes);
    }
    let placed = stack.images.iter().flat_map(|image| &image.files).chain(&stack.node.files);
    let mut wanted: BTreeSet<String> = placed.map(|file| file.component.clone()).collect();
    if stack.images.iter().any(|image| image.base == Base::Debian) {
        wanted.insert(BASE_ROOTFS.to_owned());
    }
    if *base == NodeBase::Built {
        wanted.insert(stack.node.rootfs.clone());
    }
    stack.components.retain(|component| wanted.contains(&component.id));
    (stack, upstream)
}

/// A node image's own Kubernetes images fit its programs, whatever their tags are.
fn is_held(image: &Image, held: &[String]) -> bool {
    held.iter().any(|name| split(name).0 == image.name)
}

async fn fetch(
    engine: &Engine,
    images: &[Image],
    mirror: Option<&str>,
    teller: &Teller,
) -> Result<Vec<Pulled>, BuildError> {
    let mut fetched = Vec::new();
    for image in images {
        if let Some(upstream) = &image.upstream {
            let work = pulled::pull(engine, image, upstream, mirror);
            fetched.push(teller.around(&image.reference(), Phase::Pull, work).await?);
        }
    }
    Ok(fetched)
}

fn remember(request: &PullRequest, upstream: &[Image], images: &[Pulled]) -> Result<(), BuildError> {
    let new = upstream.iter().zip(images).filter_map(|(image, pulled)| {
        let declared = image.upstream.as_ref().filter(|upstream| upstream.digest.is_empty())?;
        Some((declared.name.as_str(), pulled.digest.as_str()))
    });
    record::digests(&plan::declaration(&request.build), new)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn only_what_upstream_does_not_publish_is_built() {
        let (ours, upstream) = divide(shipped(), &NodeBase::Built);
        assert!(ours.images.iter().all(|image| image.name.starts_with("localhost/")));
        assert!(upstream.iter().any(|image| image.name == "registry.k8s.io/etcd"));
        assert!(ours.component("etcd").is_none() && ours.component("kubernetes").is_some());

        let (ours, _) = divide(shipped(), &NodeBase::Image("kindest/node:v1".to_owned()));
        assert!(ours.component("kubernetes").is_none() && ours.component("node-rootfs").is_none());
        assert!(ours.node.files.iter().any(|file| file.output == "istioctl"));
    }

    #[test]
    fn a_node_image_keeps_its_own_version_of_an_image() {
        let (_, upstream) = divide(shipped(), &NodeBase::Built);
        let held = ["registry.k8s.io/etcd:3.6.4-0".to_owned()];
        let left: Vec<_> = upstream.iter().filter(|image| !is_held(image, &held)).collect();
        assert_eq!(left.len(), upstream.len() - 1);
    }

    fn shipped() -> Stack {
        Stack::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stack/stack.yaml")).unwrap()
    }
}
