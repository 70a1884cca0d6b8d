//! The document as authors write it, before names are resolved. Editors get their schema from here.
//!
//! Shape only: what the words mean is `resolve`'s business.

mod document;
mod sabotage;
mod spelling;

pub(super) use document::{Break, Cases, Command, Document, Metadata, Needs, Probe, Rules, Step};
pub use document::{schema, schema_text};
pub(super) use sabotage::{ChangeDocument, Sabotage};
pub(super) use spelling::Evidence;
