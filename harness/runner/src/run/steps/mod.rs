//! How steps are carried out: one file per verb, which observes the world or changes it.
//!
//! There is no list of verbs here: the table of `mtls_core::scenario::verbs` leads to the [`Execute`] of each, and a verb without one
//! does not compile.

pub(super) mod alert;
mod apply;
mod attempt;
mod break_;
pub(super) mod cases;
pub(super) mod client_behaviour;
pub(super) mod command;
mod delete;
pub(super) mod envoy_config;
mod exec;
mod get;
mod heal;
pub(super) mod identity;
pub(super) mod inspect;
mod job;
mod misconfigure;
mod objects;
pub(super) mod observation;
mod patch;
pub(super) mod probe;
pub(super) mod promql;
pub(super) mod proxy_status;
pub(super) mod reapply;
pub(super) mod rotate;
pub(super) mod rules;
pub(super) mod svid;
pub(super) mod traffic;
pub(super) mod trust;
pub(super) mod undo;
mod wait;

use mtls_core::{scenario::model::Step, with_verb};

use super::{
    context::{Context, Observation},
    error::StepError,
    sampling::sample,
};

/// Carries a verb out. Nothing has a default.
trait Execute {
    /// What becomes of the step where its observations are not judged.
    const UNJUDGED: Unjudged;

    /// Observes the world once.
    ///
    /// # Errors
    ///
    /// When the world does not answer, or the verb observes nothing.
    async fn observe(&self, context: &Context<'_>, step: &Step) -> Result<Observation, StepError>;

    /// Carries out a step whose observations are judged: records them, or makes the change.
    ///
    /// # Errors
    ///
    /// When a change cannot be made. An observation that fails is recorded.
    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError>;
}

/// What becomes of a step in the set-up, in the clean-up and in a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unjudged {
    /// It is repeated until its expectation is met, at most for its timeout.
    Awaited,
    /// It is carried out as where it is judged.
    Performed,
    /// It has no meaning there.
    Refused,
}

/// Observes the world once.
///
/// # Errors
///
/// When the world does not answer, or the verb of the step observes nothing.
pub(super) async fn observe(context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
    with_verb!(&step.action, spec => Box::pin(spec.observe(context, step)).await)
}

/// Carries out a step that is judged.
///
/// # Errors
///
/// When a change cannot be made.
pub(super) async fn perform(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    with_verb!(&step.action, spec => Box::pin(spec.perform(context, step)).await)
}

/// Runs a step that is not judged: it makes its change, or waits until its expectation is met within its timeout.
///
/// # Errors
///
/// When it cannot be made, or is not met in time.
pub(super) async fn settle(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    match with_verb!(&step.action, spec => unjudged(spec)) {
        Unjudged::Awaited => observation::until_met(context, step).await,
        Unjudged::Performed => Box::pin(perform(context, step)).await,
        Unjudged::Refused => Err(StepError(format!("`{}` is only allowed under `steps`", step.action.verb()))),
    }
}

fn unjudged<E: Execute>(_: &E) -> Unjudged {
    E::UNJUDGED
}

/// Observes as often as the quantifier of the step asks for, and records it.
async fn sampled(context: &Context<'_>, step: &Step) -> Result<(), StepError> {
    sample(context, step, async || observe(context, step).await).await;
    Ok(())
}

fn observes_nothing(step: &Step) -> StepError {
    StepError(format!("`{}` observes nothing", step.action.verb()))
}
