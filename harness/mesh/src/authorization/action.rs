//! What a policy does with whom it matches.

use std::fmt;

/// What a policy does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Allow,
    Deny,
    /// An external service decides.
    Custom,
    /// It is only logged.
    Audit,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Custom => "CUSTOM",
            Self::Audit => "AUDIT",
        })
    }
}
