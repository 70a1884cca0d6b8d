//! A program in a pod.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program in a container of the first Ready pod, for changes that no object stands for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PodProgram {
    pub namespace: String,
    /// Label selector of the pods.
    pub selector: String,
    pub container: String,
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// What undoes it; it may fail when there is nothing to undo.
    pub undo: Vec<String>,
}
