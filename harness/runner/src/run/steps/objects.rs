//! `get`, `wait`, `apply`, `patch` and `delete`: Kubernetes objects.

use std::time::Duration;

use mtls_core::scenario::model::{Apply, Get, ObjectReference, Patch, Step};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Inverse, Reference, rank};
use serde_json::{Value, json};

use crate::run::{
    context::{Context, Observation},
    error::StepError,
    undo::Undo,
};

const APPLY_LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn observe(context: &Context<'_>, get: &Get) -> Result<Observation, StepError> {
    let world = context.world;
    let facts = if let Some(name) = &get.name {
        let reference = Reference::new(&get.api_version, &get.kind, get.namespace.as_deref(), name);
        match world.get(&reference).await.map_err(|error| StepError::of(&error))? {
            Some(object) => public(&object, &get.kind)?,
            None => json!({"exists": false}),
        }
    } else {
        let objects = world
            .list(&get.api_version, &get.kind, get.namespace.as_deref(), get.selector.as_deref())
            .await
            .map_err(|error| StepError::of(&error))?;
        let items = objects.iter().map(|object| public(object, &get.kind)).collect::<Result<Vec<_>, _>>()?;
        json!({"items": items})
    };
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "kubernetes", evidence })
}

pub(crate) async fn apply(context: &Context<'_>, step: &Step, apply: &Apply) -> Result<(), StepError> {
    let mut objects = Vec::new();
    for value in &apply.objects {
        objects.push(
            serde_json::from_value::<DynamicObject>(value.clone())
                .map_err(|error| StepError(format!("line {}: not a Kubernetes object: {error}", step.line)))?,
        );
    }
    if let Some(tree) = &apply.tree {
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

pub(crate) async fn patch(context: &Context<'_>, step: &Step, patch: &Patch) -> Result<(), StepError> {
    let reference = reference(&patch.target);
    let before = context.world.must_get(&reference).await.map_err(|error| StepError::of(&error))?;
    context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before)))).await?;
    context.world.merge(&reference, &patch.merge).await.map_err(|error| StepError::of(&error))
}

pub(crate) async fn delete(context: &Context<'_>, step: &Step, target: &ObjectReference) -> Result<(), StepError> {
    let reference = reference(target);
    if let Some(before) = context.world.get(&reference).await.map_err(|error| StepError::of(&error))? {
        context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before)))).await?;
    }
    context.world.delete(&reference).await.map_err(|error| StepError::of(&error))
}

fn reference(target: &ObjectReference) -> Reference {
    Reference::new(&target.api_version, &target.kind, target.namespace.as_deref(), &target.name)
}

/// An object as facts, without the data of a Secret: only `inspect` reads that.
fn public(object: &DynamicObject, kind: &str) -> Result<Value, StepError> {
    let mut value = serde_json::to_value(object).map_err(|error| StepError(error.to_string()))?;
    if let Some(fields) = value.as_object_mut() {
        if kind == "Secret" {
            fields.remove("data");
            fields.remove("stringData");
        }
        fields.insert("exists".to_owned(), json!(true));
    }
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    Ok(value)
}
