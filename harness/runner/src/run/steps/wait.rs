//! `wait`: reads Kubernetes objects until they are as expected.

use mtls_core::scenario::{model::Step, verbs::wait::WaitSpec};

use super::{Execute, Unjudged, objects, observation::until_met};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for WaitSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        objects::observe(context, &self.0).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        until_met(context, step).await
    }
}
