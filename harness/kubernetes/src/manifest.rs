//! Parses rendered manifests, and orders objects for an apply.

use kube::api::DynamicObject;

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("document {number} is not YAML: {problem}")]
    Yaml { number: usize, problem: String },
    #[error("document {number} is not a Kubernetes object: {problem}")]
    Object { number: usize, problem: String },
}

/// The objects of a stream of YAML documents. Empty documents are skipped, and a `List` yields its items.
///
/// # Errors
///
/// When a document cannot be parsed, with its number, counted from 1.
pub fn documents(text: &str) -> Result<Vec<DynamicObject>, ManifestError> {
    let mut objects = Vec::new();
    for (index, document) in split(text).enumerate() {
        let number = index + 1;
        let value: serde_json::Value = serde_saphyr::from_str(&document)
            .map_err(|error| ManifestError::Yaml { number, problem: error.to_string() })?;
        let values = match value {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::Object(mut list) if list.get("kind").is_some_and(|kind| kind == "List") => {
                match list.remove("items") {
                    Some(serde_json::Value::Array(items)) => items,
                    _ => Vec::new(),
                }
            }
            other => vec![other],
        };
        for value in values {
            objects.push(
                serde_json::from_value(value)
                    .map_err(|error| ManifestError::Object { number, problem: error.to_string() })?,
            );
        }
    }
    Ok(objects)
}

/// The [`kind_rank`] of an object; an object without a kind comes last.
pub fn rank(object: &DynamicObject) -> u8 {
    object.types.as_ref().map_or(9, |types| kind_rank(&types.kind))
}

/// The order in which kinds are applied, lower first: namespaces, definitions, RBAC, configuration, services,
/// workloads, webhooks, custom resources.
pub fn kind_rank(kind: &str) -> u8 {
    match kind {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        "ServiceAccount" | "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => 2,
        "ConfigMap" | "Secret" | "PriorityClass" | "StorageClass" => 3,
        "Service" => 4,
        "DaemonSet"
        | "Deployment"
        | "Job"
        | "Pod"
        | "StatefulSet"
        | "PodDisruptionBudget"
        | "HorizontalPodAutoscaler" => 5,
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => 6,
        _ => 7,
    }
}

fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line.trim_end() == "---" {
            documents.push(String::new());
        } else if let Some(current) = documents.last_mut() {
            current.push_str(line);
            current.push('\n');
        }
    }
    documents
        .into_iter()
        .filter(|document| document.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_split_and_lists_expanded() {
        let objects = documents("# only a comment\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    one\n    --- not a separator\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n").unwrap();
        let names: Vec<_> = objects.iter().filter_map(|object| object.metadata.name.as_deref()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn an_error_names_the_document() {
        let error = documents("apiVersion: v1\nkind: ConfigMap\n---\n{").unwrap_err();
        assert!(error.to_string().starts_with("document 2"), "{error}");
    }
}
