//! Versions of the documents that authors write: scenarios, case files, changes of the library, the catalogue.
//!
//! Which version a document has. How an old one is rewritten is not here: see `scenario::migrate`.

use crate::yaml::Node;

/// What every version begins with.
pub(crate) const GROUP: &str = "mtls-e2e/";
pub(crate) const OLD: &str = "mtls-e2e/v1alpha1";
pub(crate) const CURRENT: &str = "mtls-e2e/v1alpha2";

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
