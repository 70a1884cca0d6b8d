//! What the prediction does not understand.

use std::fmt;

use crate::name::Name;

/// A prediction, or everything that keeps it from being one.
pub type Answer<T> = Result<T, Vec<Unknown>>;

/// A field that is not understood, with its object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    pub object: Name,
    /// The path of the field, such as `spec.rules[0].when[1]`.
    pub field: String,
    /// Why it is not understood.
    pub why: String,
}

impl Unknown {
    pub(crate) fn new(object: &Name, field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { object: object.clone(), field: field.into(), why: why.into() }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.why)
    }
}
