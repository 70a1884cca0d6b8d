//! The whole build, from a declaration to a node image in the engine.

use std::fs::File;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::assemble::Yield;
use super::cache::Slot;
use super::component;
use super::error::BuildError;
use super::node;
use super::plan::Plan;
use super::preconditions;
use super::progress::{Event, Phase, Progress, State, Teller};
use super::pulled::Demand;
use super::stack::{Component, Source, StackName};

/// What to build from, and where to keep it.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The workspace's root: `fixtures/stack` lies below it.
    pub workspace: PathBuf,
    /// The cache's folder, see [`super::default_cache_directory`].
    pub cache: PathBuf,
    /// The set of versions.
    pub stack: StackName,
}

impl BuildRequest {
    /// For the current set of versions.
    #[must_use]
    pub fn current(workspace: PathBuf, cache: PathBuf) -> Self {
        Self { workspace, cache, stack: StackName::default() }
    }
}

/// Everything a cluster needs, in the engine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct BuiltStack {
    /// The set of versions.
    #[serde(default)]
    pub stack: StackName,
    /// The node image's name and tag.
    pub node_image: String,
    /// The images inside it.
    pub images: Vec<ImageFact>,
    /// What the node image is made on.
    #[serde(default)]
    pub node: NodeOrigin,
}

/// What a node image is made on.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeOrigin {
    /// The root file system and programs built here.
    #[default]
    BuiltFromSource,
    /// Somebody else's node image, with the Kubernetes images that it holds.
    On {
        /// What the engine was asked for.
        image: String,
        /// What engines call it.
        id: String,
    },
}

/// One image inside the node image.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ImageFact {
    /// Name and tag, as pods use it.
    pub name: String,
    /// The digest of its configuration, `sha256:…`.
    pub digest: String,
    /// Its layers' bytes, unpacked.
    pub size: u64,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an image comes from.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Built here.
    BuiltFromSource {
        /// The module, package or distribution.
        module: String,
        /// Its version.
        version: String,
        /// How it differs from what upstream publishes.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// Pulled from a registry.
    Pulled {
        /// What the registry calls it.
        digest: String,
        /// The name that the registry was asked for, a mirror's with the mirror before it.
        from: String,
        /// Whether a recorded digest was demanded.
        demand: Demand,
    },
}

/// Builds what is missing and hands the node image to the engine.
///
/// # Errors
///
/// When something the build needs is missing, when a tool fails, or when the engine refuses.
pub async fn build(request: &BuildRequest, progress: &mut dyn Progress) -> Result<BuiltStack, BuildError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = Box::pin(run(request, Teller(sender)));
    reporting(work, &mut events, progress).await
}

/// Hands events on while the work goes on.
pub(super) async fn reporting<T>(
    work: impl Future<Output = T>,
    events: &mut mpsc::UnboundedReceiver<Event>,
    progress: &mut dyn Progress,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => progress.report(&event),
            done = &mut work => {
                while let Ok(event) = events.try_recv() {
                    progress.report(&event);
                }
                return done;
            }
        }
    }
}

pub(super) async fn run(request: &BuildRequest, teller: Teller) -> Result<BuiltStack, BuildError> {
    let plan = Plan::new(request)?;
    let engine = preconditions::demand(&plan).await?;
    let _lock = lock(&plan, &teller).await?;
    let built = components(&plan, &teller).await?;
    node::build(&plan, &built, &[], &engine, &teller).await
}

/// Takes the cache; says so when another build has it.
pub(super) async fn lock(plan: &Plan, teller: &Teller) -> Result<File, BuildError> {
    plan.cache.prepare()?;
    let waiting = || teller.tell("cache", Phase::Wait, State::Started);
    plan.cache.lock(waiting).await
}

/// Builds whatever components are not in the cache.
///
/// Compilers use every core they get, so they run one after the other; packages come over the network beside them.
pub(super) async fn components(plan: &Plan, teller: &Teller) -> Result<Yield, BuildError> {
    let (packages, compiled): (Vec<_>, Vec<_>) = plan.components().partition(|(component, _)| is_fetched(component));
    let lanes = [packages, compiled].map(|lane| build_lane(plan, lane, teller));
    let mut built = Yield::default();
    for lane in futures::future::try_join_all(lanes).await? {
        for (id, slot, facts) in lane {
            built.add(&id, slot, facts);
        }
    }
    Ok(built)
}

fn is_fetched(component: &Component) -> bool {
    match component.source {
        Source::Debian(_) | Source::Rootfs(_) | Source::Wheel(_) => true,
        Source::Cargo(_) | Source::Go(_) => false,
    }
}

async fn build_lane(
    plan: &Plan,
    lane: Vec<(&Component, &Slot)>,
    teller: &Teller,
) -> Result<Vec<(String, Slot, component::Facts)>, BuildError> {
    let mut done = Vec::new();
    for (one, slot) in lane {
        let facts = if let Some(facts) = slot.facts() {
            teller.tell(&one.id, Phase::Build, State::Cached);
            facts
        } else {
            let work = component::build(one, &plan.stack, &plan.sources, &plan.cache, slot);
            teller.around(&one.id, Phase::Build, work).await?
        };
        done.push((one.id.clone(), slot.clone(), facts));
    }
    Ok(done)
}
