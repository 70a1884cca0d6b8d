//! `apply`: creates or changes Kubernetes objects.

use std::time::Duration;

use mtls_core::scenario::{model::Step, verbs::apply::ApplySpec};
use mtls_kubernetes::{DynamicObject, rank};

use super::{Execute, Unjudged, observes_nothing};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
    undo::Undo,
};

const APPLY_LIMIT: Duration = Duration::from_secs(60);

impl Execute for ApplySpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        let mut objects = Vec::new();
        for value in &self.objects {
            objects.push(
                serde_json::from_value::<DynamicObject>(value.clone())
                    .map_err(|error| StepError(format!("line {}: not a Kubernetes object: {error}", step.line)))?,
            );
        }
        if let Some(tree) = &self.tree {
            let trees = context.world.trees().map_err(|error| StepError::of(&error))?;
            objects.extend(trees.render(tree).await.map_err(|error| StepError::of(&error))?);
        }
        objects.sort_by_key(rank);
        for object in &objects {
            let inverse = context.world.inverse_of_apply(object).await.map_err(|error| StepError::of(&error))?;
            context.will_undo(&step.id, Undo::Object(inverse)).await?;
            context.world.apply(object, APPLY_LIMIT).await.map_err(|error| StepError::of(&error))?;
        }
        Ok(())
    }
}
