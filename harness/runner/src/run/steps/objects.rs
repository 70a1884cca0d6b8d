//! Reads Kubernetes objects as facts, for the verbs that name them.

use mtls_core::scenario::model::{ObjectQuery, ObjectReference};
use mtls_kubernetes::{DynamicObject, Reference};
use serde_json::{Value, json};

use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

pub(super) async fn observe(context: &Context<'_>, query: &ObjectQuery) -> Result<Observation, StepError> {
    let world = context.world;
    let facts = if let Some(name) = &query.name {
        let reference = Reference::new(&query.api_version, &query.kind, query.namespace.as_deref(), name);
        match world.get(&reference).await.map_err(|error| StepError::of(&error))? {
            Some(object) => public(&object, &query.kind)?,
            None => json!({"exists": false}),
        }
    } else {
        let objects = world
            .list(&query.api_version, &query.kind, query.namespace.as_deref(), query.selector.as_deref())
            .await
            .map_err(|error| StepError::of(&error))?;
        let items = objects.iter().map(|object| public(object, &query.kind)).collect::<Result<Vec<_>, _>>()?;
        json!({"items": items})
    };
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "kubernetes", evidence })
}

pub(super) fn reference(target: &ObjectReference) -> Reference {
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
