//! The whole build, from a declaration to a node image in the engine.

use std::fs::File;

use tokio::sync::mpsc;

use super::assemble::BuiltArtifacts;
use super::cache::CacheEntry;
use super::component;
use super::error::BuildError;
use super::model::{BuildRequest, BuiltStack};
use super::node;
use super::output::Facts;
use super::plan::Plan;
use super::preconditions;
use super::progress::{Event, Phase, Progress, ProgressSender, State};
use super::stack::{Component, Source};

/// Builds the missing components and loads the node image into the engine.
///
/// # Errors
///
/// When a precondition is not met, when a tool fails, or when the engine refuses.
pub async fn build(request: &BuildRequest, progress: &mut dyn Progress) -> Result<BuiltStack, BuildError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = Box::pin(run(request, ProgressSender(sender)));
    reporting(work, &mut events, progress).await
}

/// Forwards events while the work runs.
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

pub(super) async fn run(request: &BuildRequest, sender: ProgressSender) -> Result<BuiltStack, BuildError> {
    let plan = Plan::new(request)?;
    let engine = preconditions::demand(&plan).await?;
    let _lock = lock(&plan, &sender).await?;
    let built = components(&plan, &sender).await?;
    node::build(&plan, &built, &[], &engine, &sender).await
}

/// Locks the cache; reports the wait when another build holds the lock.
pub(super) async fn lock(plan: &Plan, sender: &ProgressSender) -> Result<File, BuildError> {
    plan.cache.prepare()?;
    let waiting = || sender.send("cache", Phase::Wait, State::Started);
    plan.cache.lock(waiting).await
}

/// Builds all components that are not in the cache.
///
/// Compilers use all cores they get, so they run one after the other; packages are downloaded in parallel.
pub(super) async fn components(plan: &Plan, sender: &ProgressSender) -> Result<BuiltArtifacts, BuildError> {
    let (packages, compiled): (Vec<_>, Vec<_>) = plan.components().partition(|(component, _)| is_fetched(component));
    let lanes = [packages, compiled].map(|lane| build_lane(plan, lane, sender));
    let mut built = BuiltArtifacts::default();
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
    lane: Vec<(&Component, &CacheEntry)>,
    sender: &ProgressSender,
) -> Result<Vec<(String, CacheEntry, Facts)>, BuildError> {
    let mut done = Vec::new();
    for (one, slot) in lane {
        let facts = if let Some(facts) = slot.facts() {
            sender.send(&one.id, Phase::Build, State::Cached);
            facts
        } else {
            let work = component::build(one, &plan.stack, &plan.sources, &plan.cache, slot);
            sender.around(&one.id, Phase::Build, work).await?
        };
        done.push((one.id.clone(), slot.clone(), facts));
    }
    Ok(done)
}
