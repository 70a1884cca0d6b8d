//! `get`: reads Kubernetes objects.

use mtls_core::scenario::{model::Step, verbs::get::GetSpec};

use super::{Execute, Unjudged, objects, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for GetSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        objects::observe(context, &self.0).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}
