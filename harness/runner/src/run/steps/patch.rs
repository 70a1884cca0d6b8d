//! `patch`: changes a Kubernetes object by a merge patch.

use mtls_core::scenario::{model::Step, verbs::patch::PatchSpec};
use mtls_kubernetes::Inverse;

use super::{Execute, Unjudged, objects::reference, observes_nothing};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
    undo::Undo,
};

impl Execute for PatchSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        let reference = reference(&self.target);
        let before = context.world.must_get(&reference).await.map_err(|error| StepError::of(&error))?;
        context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before)))).await?;
        context.world.merge(&reference, &self.merge).await.map_err(|error| StepError::of(&error))
    }
}
