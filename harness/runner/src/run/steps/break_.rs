//! `break`: injects a fault and confirms its effect: without that effect the following observations prove nothing.

use std::collections::BTreeMap;

use mtls_core::scenario::{model::Step, verbs::break_::BreakSpec};

use super::{Execute, Unjudged, observes_nothing, settle};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for BreakSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        let fault = &self.0;
        let from = jiff::Timestamp::now();
        for inner in &fault.steps {
            // Changes are registered under the id of the fault, so that `heal` finds them.
            let owned = Step { id: step.id.clone(), ..inner.clone() };
            settle(context, &owned).await?;
        }
        settle(context, &fault.confirm)
            .await
            .map_err(|error| StepError(format!("the fault is not confirmed: {error}")))?;
        context.mark("faults", step.id.clone(), from, None, BTreeMap::new());
        Ok(())
    }
}
