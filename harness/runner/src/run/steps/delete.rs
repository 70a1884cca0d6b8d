//! `delete`: removes a Kubernetes object.

use mtls_core::scenario::{model::Step, verbs::delete::DeleteSpec};
use mtls_kubernetes::Inverse;

use super::{Execute, Unjudged, objects::reference, observes_nothing};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
    undo::Undo,
};

impl Execute for DeleteSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        let reference = reference(&self.0);
        if let Some(before) = context.world.get(&reference).await.map_err(|error| StepError::of(&error))? {
            context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before)))).await?;
        }
        context.world.delete(&reference).await.map_err(|error| StepError::of(&error))
    }
}
