//! The parts that all Kubernetes objects share.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::{name::Name, unknown::Unknown};

/// `metadata.creationTimestamp` (RFC 3339, whole seconds, UTC), whose text sorts by time. An object that was never
/// created is as old as any other such object, and older than every created one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Created(pub Option<String>);

/// An object as an API server returns it, or as a file declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub name: Name,
    pub created: Created,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub spec: Value,
    pub status: Value,
}

/// The reason why a JSON value is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectError(pub String);

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ObjectError {}

impl Object {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// When `kind` or `metadata.name` is missing.
    pub fn read(value: &Value) -> Result<Self, ObjectError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &value["metadata"];
        let name =
            Name { kind: text(&value["kind"]), namespace: text(&metadata["namespace"]), name: text(&metadata["name"]) };
        if name.kind.is_empty() || name.name.is_empty() {
            return Err(ObjectError(format!("an object without kind or name: `{name}`")));
        }
        Ok(Self {
            name,
            created: Created(metadata["creationTimestamp"].as_str().map(str::to_owned)),
            labels: texts(&metadata["labels"]),
            annotations: texts(&metadata["annotations"]),
            spec: value["spec"].clone(),
            status: value["status"].clone(),
        })
    }

    /// The order in which istiod reads objects: by age, then name, then namespace (`pilot/pkg/model/config.go`,
    /// `configCompareByCreationTime`).
    pub(crate) fn age_order(&self) -> (&Created, &str, &str) {
        (&self.created, &self.name.name, &self.name.namespace)
    }

    /// Fields of a value that are not among the known ones.
    pub(crate) fn unknown_fields(&self, value: &Value, path: &str, known: &[&str]) -> Vec<Unknown> {
        let members = value.as_object().into_iter().flatten();
        members
            .filter(|(key, value)| !value.is_null() && !known.contains(&key.as_str()))
            .map(|(key, _)| Unknown::new(&self.name, format!("{path}.{key}"), "this field is not understood"))
            .collect()
    }
}

/// A map of strings; other values are left out.
pub(crate) fn texts(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// A list of strings. A missing list is empty.
///
/// # Errors
///
/// When the value is no list of strings.
pub(crate) fn strings(object: &Name, value: &Value, path: &str) -> Result<Vec<String>, Unknown> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let wrong = || Unknown::new(object, path, "is not a list of strings");
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

/// Labels that a pod must have, from `spec.selector.matchLabels`. No selector selects every pod.
///
/// # Errors
///
/// When the selector has anything else, such as `matchExpressions`.
pub(crate) fn selector(object: &Object) -> Result<BTreeMap<String, String>, Vec<Unknown>> {
    let selector = &object.spec["selector"];
    let unknown = object.unknown_fields(selector, "spec.selector", &["matchLabels"]);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let labels = &selector["matchLabels"];
    let read = texts(labels);
    if read.len() != labels.as_object().map_or(0, serde_json::Map::len) {
        return Err(vec![Unknown::new(&object.name, "spec.selector.matchLabels", "is not a map of strings")]);
    }
    Ok(read)
}

/// Whether a pod has all labels of a selector.
pub(crate) fn selects(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
