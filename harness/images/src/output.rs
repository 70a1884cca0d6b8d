//! The result of building a component.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cache;
use super::error::BuildError;
use super::layer::Layer;

/// The result of building a component.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Facts {
    /// The output files.
    pub(super) outputs: Vec<Output>,
    /// The layer, when the component is a root file system.
    pub(super) layer: Option<Layer>,
    /// The exact inputs: module, package and distribution versions.
    pub(super) detail: Vec<String>,
}

/// One output file of a component.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) size: u64,
}

impl Output {
    pub(super) fn of(name: &str, path: &Path) -> Result<Self, BuildError> {
        let fail = format!("read {}", path.display());
        Ok(Self {
            name: name.to_owned(),
            sha256: cache::hash_file(path).map_err(BuildError::file(&fail))?,
            size: std::fs::metadata(path).map_err(BuildError::file(fail))?.len(),
        })
    }
}
