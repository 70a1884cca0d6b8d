//! The document as authors write it, before names are resolved. Editors get their schema from here.
//!
//! Shape only: what the words mean is `resolve`'s business.

mod document;
mod sabotage;

pub(super) use super::verbs::WrittenStep as Step;
pub(super) use document::{Document, Metadata, Needs};
pub use document::{schema, schema_text};
pub(super) use sabotage::{ChangeDocument, Sabotage};
