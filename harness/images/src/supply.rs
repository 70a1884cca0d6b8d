//! The images of a world: from the cache, from upstream's registries, or built from source.
//!
//! [`decide`] chooses one and gives the reason before anything is made; [`supply`] executes the decision. A registry
//! is used if it answers for upstream's names. An image that it lacks is built here, and the decision says so. A
//! digest other than the recorded one, or a connection that breaks after a registry has answered, is an error, not a
//! fallback.
//!
//! Not here: recording digests; `images pull` does that.

mod decision;
mod division;
mod registries;

use std::fmt;

use futures::future::try_join_all;
use mtls_engine::Engine;
use tokio::sync::mpsc;

use super::build;
use super::error::BuildError;
use super::held::{self, How};
use super::model::{BuildRequest, BuiltStack};
use super::plan::{self, Plan};
use super::preconditions::{self, Check, Finding};
use super::preload;
use super::progress::{Phase, Progress, ProgressSender};
use super::pull::{fetch, is_held, make};
use super::pulled;
use super::share::{self, NodeParts};
use super::stack::{Image, Stack, Upstream};
pub use decision::Wish;
use decision::{Decision, Why, after_asking, answering, before_asking, by_reason};
use division::Division;

/// The request for images.
#[derive(Clone, Debug)]
pub struct SupplyRequest {
    /// The workspace and the cache.
    pub build: BuildRequest,
    /// The user's choice.
    pub wish: Wish,
}

/// The source of the images. Displayed as one line with the source and the reason.
#[derive(Clone, Debug)]
pub struct Supply(Work);

#[derive(Clone, Debug)]
enum Work {
    Decided(Decision),
    Divided(Division),
}

impl fmt::Display for Supply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Work::Decided(decision) => decision.fmt(formatter),
            Work::Divided(division) => division.fmt(formatter),
        }
    }
}

impl Supply {
    /// Whether the cache already has everything.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        matches!(self.0, Work::Decided(Decision::Cached(..)))
    }
}

/// Inspects the cache and queries registries, which takes seconds when none answers. Makes and fetches nothing.
///
/// # Errors
///
/// When the engine does not answer, when a registry has another image than recorded, or stops answering.
pub async fn decide(request: &SupplyRequest) -> Result<Supply, BuildError> {
    let engine = Engine::connect().await?;
    decide_for(plan::declared(&request.build)?, request, &engine).await
}

/// The same for any declaration.
pub(super) async fn decide_for(stack: Stack, request: &SupplyRequest, engine: &Engine) -> Result<Supply, BuildError> {
    let plan = Plan::of(stack, &request.build, &super::component::Tools::here(&request.build.workspace))?;
    let held = held::all(&plan, engine).await?;
    if let Some(decision) = before_asking(&request.wish, &held) {
        return Ok(Supply(Work::Decided(decision)));
    }
    let mirror = request.wish.mirror();
    let names = published(&plan.stack);
    let answers = registries::ask(engine, &names, mirror).await;
    if let Some(decision) = after_asking(&held, &answers) {
        return Ok(Supply(Work::Decided(decision)));
    }
    let found = try_join_all(names.into_iter().map(async |upstream| {
        let found = registries::find(engine, upstream, mirror, &answers).await?;
        Ok::<_, BuildError>((upstream.clone(), found))
    }))
    .await?;
    let division = Division::of(&plan.stack.images, &plan.stack.node, &found, &answers, mirror);
    Ok(Supply(if division.pulled.is_empty() {
        Work::Decided(Decision::Build(Why::NothingThere(answers.yes)))
    } else {
        Work::Divided(division)
    }))
}

/// Executes the decision and loads the node image into the engine.
///
/// # Errors
///
/// All errors of a build or a pull.
pub async fn supply(
    request: &BuildRequest,
    supply: Supply,
    progress: &mut dyn Progress,
) -> Result<BuiltStack, BuildError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = Box::pin(run(request, supply, ProgressSender(sender)));
    build::reporting(work, &mut events, progress).await
}

async fn run(request: &BuildRequest, supply: Supply, sender: ProgressSender) -> Result<BuiltStack, BuildError> {
    let division = match supply.0 {
        Work::Decided(Decision::Cached(held, _)) => return take(request, held.how, sender).await,
        Work::Decided(Decision::Build(_)) => return build::run(request, sender).await,
        Work::Divided(division) => division,
    };
    let whole = Plan::new(request)?;
    let parts = if division.node.is_ok() { NodeParts::Brought } else { NodeParts::Built };
    let plan = share::plan(share::ours(whole.stack.clone(), |image| division.is_built(image), parts), request)?;
    // Preconditions are checked for this part only, whatever else the node image contains.
    let engine = preconditions::demand(&plan).await?;
    let _lock = build::lock(&plan, &sender).await?;
    let stack = match division.node.clone() {
        Err(_) => {
            let images = fetch(&engine, division.pulled, &sender).await?;
            make(&plan, &images, None, &engine, &sender).await?
        }
        Ok(base) => {
            sender.around(&base.from, Phase::Pull, pulled::pull(&engine, &base.exact)).await?;
            let contents = preload::contents(&engine, &base.exact).await?;
            let wanted = kubernetes(&whole.stack);
            if contents.version != wanted {
                return Err(BuildError::Content {
                    component: base.from,
                    problem: format!("it declares Kubernetes {}, but stack.yaml declares {wanted}", contents.version),
                    fix: "name another node image in stack.yaml, or none; `--from-source` builds one".to_owned(),
                });
            }
            let lacks = |image: &Image| !is_held(image, &contents);
            let ours = share::ours(whole.stack.clone(), |image| division.is_built(image) && lacks(image), parts);
            let plan = share::plan(ours, request)?;
            let offers = division.pulled.into_iter().filter(|(image, _)| lacks(image)).collect();
            let images = fetch(&engine, offers, &sender).await?;
            make(&plan, &images, Some(&base.exact), &engine, &sender).await?
        }
    };
    held::keep(&whole, &stack)?;
    Ok(stack)
}

/// Takes the stack from the cache; reports progress only if the engine lacks the node image.
async fn take(request: &BuildRequest, how: How, sender: ProgressSender) -> Result<BuiltStack, BuildError> {
    let plan = Plan::new(request)?;
    let engine = Engine::connect().await?;
    match how {
        How::Built => match held::built(&plan, &engine).await? {
            Some(stack) => Ok(stack),
            None => build::run(request, sender).await,
        },
        How::Pulled { .. } => {
            let _lock = build::lock(&plan, &sender).await?;
            held::pulled(&plan, &engine, &sender).await
        }
    }
}

/// Checks whether upstream's registries, or the mirror, answer. No answer is not a failure: images are built then.
///
/// # Errors
///
/// When the declaration cannot be read.
pub async fn check_registries(request: &SupplyRequest) -> Result<Check, BuildError> {
    let stack = plan::declared(&request.build)?;
    let text = match Engine::connect().await {
        Err(_) => "not queried, because no container engine answers".to_owned(),
        Ok(engine) => {
            let answers = registries::ask(&engine, &published(&stack), request.wish.mirror()).await;
            match (answers.yes.as_slice(), answers.no.as_slice()) {
                ([], no) => format!("none answers, so images are built from source ({})", by_reason(no)),
                (yes, []) => answering(yes),
                (yes, no) => format!("{}; not {}", answering(yes), by_reason(no)),
            }
        }
    };
    Ok(Check { name: "registries", finding: Finding::Good(text) })
}

/// The published upstream names of the images and of the node image.
fn published(stack: &Stack) -> Vec<&Upstream> {
    stack.images.iter().filter_map(|image| image.upstream.as_ref()).chain(&stack.node.upstream).collect()
}

fn kubernetes(stack: &Stack) -> &str {
    stack.component(&stack.node.kubernetes).map(|component| component.version.as_str()).unwrap_or_default()
}
