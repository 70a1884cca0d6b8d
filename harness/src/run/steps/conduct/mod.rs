//! `conduct`: how the reference client behaves towards servers, agents and files made for the occasion.
//!
//! One file per family of stories. Each returns facts of both ends; what they should be stands in scenarios. Nothing here
//! knows a fault, and nothing decides.

mod agents;
mod bench;
mod calls;
mod damage;
mod leaks;
mod limits;
mod outcome;
mod pool;
mod rotation;
mod seen;
mod servers;
mod sources;

use serde_json::Value;

use self::bench::Bench;
use crate::{
    run::context::{Context, Look, Trouble},
    scenario::model::Story,
};

pub(crate) async fn look(context: &Context<'_>, story: Story) -> Result<Look, Trouble> {
    let bench = Bench::new(context.world, story)?;
    let facts = Box::pin(tell(&bench, story)).await?;
    let evidence = context.store(bench.transcript().to_string().as_bytes(), "application/json");
    Ok(Look { facts, source: "direct", evidence })
}

async fn tell(bench: &Bench<'_>, story: Story) -> Result<Value, Trouble> {
    match story {
        Story::AgentFailures => agents::failures(bench).await,
        Story::AllowList => servers::allow_list(bench).await,
        Story::BadServers => servers::bad(bench).await,
        Story::DamagedFiles => damage::damaged_files(bench).await,
        Story::Environment => sources::environment(bench).await,
        Story::HundredSwaps => rotation::hundred_swaps(bench).await,
        Story::Leaks => leaks::leaks(bench).await,
        Story::Limits => limits::limits(bench).await,
        Story::OneShot => calls::one_shot(bench).await,
        Story::Outcome => outcome::outcome(bench).await,
        Story::Pool => pool::pool(bench).await,
        Story::Reload => rotation::reload(bench).await,
        Story::Resumption => outcome::resumption(bench).await,
        Story::RootAdded => rotation::root_added(bench).await,
        Story::Scoped => calls::scoped(bench).await,
        Story::Sources => sources::sources(bench).await,
        Story::TwoRoots => servers::two_roots(bench).await,
        Story::WorkloadApi => agents::spellings(bench).await,
    }
}
