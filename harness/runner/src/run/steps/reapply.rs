//! `reapply`: applies a tree again to the world that was made from it, and reports what that changed.
//!
//! A server-side dry run precedes every apply, so that a change is known and its inverse is registered before it is
//! made.

use std::time::Duration;

use mtls_core::scenario::{model::Step, verbs::reapply::ReapplySpec};
use mtls_engine::wait::pause;
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{KubeError, Reference, rank};
use serde_json::{Value, json};

use super::{Execute, Unjudged, inspect, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
    undo::Undo,
};

const APPLY_LIMIT: Duration = Duration::from_secs(60);
/// Time for a controller to start reissuing because of the applied objects.
const SETTLE: Duration = Duration::from_secs(10);

impl Execute for ReapplySpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        observe(context, step, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, step: &Step, request: &ReapplySpec) -> Result<Observation, StepError> {
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    let trees = context.world.trees().map_err(|error| StepError::of(&error))?;
    let mut objects = trees.render(&request.tree).await.map_err(|error| StepError::of(&error))?;
    objects.sort_by_key(rank);
    let before = inspect::serials(context).await?;
    let (mut unchanged, mut changed, mut created) = (0, Vec::new(), Vec::new());
    for object in &objects {
        let reference = Reference::of(object).map_err(|error| StepError::of(&error))?;
        let now = match context.world.get(&reference).await {
            Err(KubeError::NoSuchKind { .. }) => None,
            other => other.map_err(|error| StepError::of(&error))?,
        };
        let is_alike = match &now {
            None => false,
            Some(now) => alike(now, &kube.would_apply(object).await.map_err(|error| StepError::of(&error))?),
        };
        if is_alike {
            unchanged += 1;
        } else {
            let list = if now.is_some() { &mut changed } else { &mut created };
            list.push(reference.to_string());
            let inverse = context.world.inverse_of_apply(object).await.map_err(|error| StepError::of(&error))?;
            context.will_undo(&step.id, Undo::Object(inverse)).await?;
        }
        context.world.apply(object, APPLY_LIMIT).await.map_err(|error| StepError::of(&error))?;
    }
    pause(SETTLE).await;
    let after = inspect::serials(context).await?;
    let reissued: Vec<&String> =
        before.iter().filter(|(secret, serial)| after.get(*secret) != Some(serial)).map(|(secret, _)| secret).collect();
    let facts = json!({
        "objects": objects.len(), "unchanged": unchanged, "changed": changed, "created": created,
        "certificates": before.len(), "reissued": reissued,
    });
    Ok(Observation { facts, source: "kubernetes", evidence: Vec::new() })
}

/// Whether two states of an object have the same desired state.
fn alike(now: &DynamicObject, then: &DynamicObject) -> bool {
    desired_state(now) == desired_state(then)
}

/// The object without its status and the bookkeeping of the API server.
fn desired_state(object: &DynamicObject) -> Option<Value> {
    let mut value = serde_json::to_value(object).ok()?;
    value.as_object_mut()?.remove("status");
    let metadata = value["metadata"].as_object_mut()?;
    for bookkeeping in ["generation", "managedFields", "resourceVersion"] {
        metadata.remove(bookkeeping);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_change_and_bookkeeping_is_not() {
        let object = |version: &str, label: &str| -> DynamicObject {
            serde_json::from_value(json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}, "status": {"seen": version},
                "metadata": {"name": "n", "resourceVersion": version, "labels": {"of": label}},
            }))
            .unwrap()
        };
        assert!(alike(&object("1", "us"), &object("2", "us")));
        assert!(!alike(&object("1", "us"), &object("1", "them")));
    }
}
