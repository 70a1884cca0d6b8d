//! `client-behaviour`: the behaviour of the reference client with ephemeral servers, agents and files.
//!
//! One file per family of cases. Each case returns facts of both ends; scenarios hold the expectations. Nothing here
//! knows a fault of the client or judges.

mod agents;
mod calls;
mod damage;
mod fixture;
mod limits;
mod outcome;
mod pool;
mod printed_keys;
mod rotation;
mod seen;
mod servers;
mod sources;

use mtls_core::scenario::{
    model::{BehaviourCase, Step},
    verbs::client_behaviour::ClientBehaviourSpec,
};
use serde_json::Value;

use self::fixture::Bench;
use super::{Execute, Unjudged, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for ClientBehaviourSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self.case).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, case: BehaviourCase) -> Result<Observation, StepError> {
    let bench = Bench::new(context.world, case)?;
    let facts = Box::pin(run_case(&bench, case)).await?;
    let evidence = context.store(bench.transcript().to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "direct", evidence })
}

async fn run_case(bench: &Bench<'_>, case: BehaviourCase) -> Result<Value, StepError> {
    match case {
        BehaviourCase::AgentFailures => agents::failures(bench).await,
        BehaviourCase::AllowList => servers::allow_list(bench).await,
        BehaviourCase::BadServers => servers::bad(bench).await,
        BehaviourCase::DamagedFiles => damage::damaged_files(bench).await,
        BehaviourCase::Environment => sources::environment(bench).await,
        BehaviourCase::HundredSwaps => rotation::hundred_swaps(bench).await,
        BehaviourCase::Leaks => printed_keys::leaks(bench).await,
        BehaviourCase::Limits => limits::limits(bench).await,
        BehaviourCase::OneShot => calls::one_shot(bench).await,
        BehaviourCase::Outcome => outcome::outcome(bench).await,
        BehaviourCase::Pool => pool::pool(bench).await,
        BehaviourCase::Reload => rotation::reload(bench).await,
        BehaviourCase::Resumption => outcome::resumption(bench).await,
        BehaviourCase::RootAdded => rotation::root_added(bench).await,
        BehaviourCase::Scoped => calls::scoped(bench).await,
        BehaviourCase::Sources => sources::sources(bench).await,
        BehaviourCase::TwoRoots => servers::two_roots(bench).await,
        BehaviourCase::WorkloadApi => agents::spellings(bench).await,
    }
}
