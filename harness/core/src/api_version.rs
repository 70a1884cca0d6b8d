//! Versions of the documents that authors write: scenarios, case files, changes of the library, the catalogue.
//!
//! Which version a document has, and what to do about an old one. How an old one is rewritten is not here: see `scenario::migrate`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::{Node, Problem, Rule};

/// What every version begins with.
pub(crate) const GROUP: &str = "mtls-e2e/";
pub(crate) const OLD: &str = "mtls-e2e/v1alpha1";
pub(crate) const CURRENT: &str = "mtls-e2e/v1alpha2";

/// The version that documents are decoded in.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) enum ApiVersion {
    #[serde(rename = "mtls-e2e/v1alpha2")]
    V1Alpha2,
}

/// The version that a document names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1Alpha1,
    V1Alpha2,
    /// One of this project's, that no release had.
    Unknown,
}

impl Version {
    /// `None` for a document of somebody else.
    pub(crate) fn of(document: &Node) -> Option<Self> {
        let text = document.get("apiVersion")?.text()?;
        match text {
            OLD => Some(Self::V1Alpha1),
            CURRENT => Some(Self::V1Alpha2),
            other => other.starts_with(GROUP).then_some(Self::Unknown),
        }
    }
}

/// Why a document of the old version is not read: one problem, because every other would follow from it.
pub(crate) fn refuse_old(document: &Node, file: &Path) -> Option<Problem> {
    if Version::of(document) != Some(Version::V1Alpha1) {
        return None;
    }
    let place = document.nearest(&["apiVersion"]).place;
    let problem = Problem::new(Rule::ApiVersion, place, format!("this document is of {OLD}, which is no longer read"));
    Some(problem.help(format!("run `cargo xtask migrate {}`", file.display())))
}
