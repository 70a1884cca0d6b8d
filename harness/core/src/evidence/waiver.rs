//! Waivers as a run records them: known failures that an owner accepts until a day.
//!
//! Data only. The catalogue reads them from a file; the judge decides what each one waives.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A known failure that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    #[serde(flatten)]
    pub covers: Covers,
    /// The person or team that answers for it.
    pub owner: String,
    pub reason: String,
    /// The last day, in UTC, on which a run may start for which it counts.
    pub until: Date,
    /// The only world in which it counts; every world if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
}

/// What a waiver is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// The id of a check, in which `*` stands for any run of letters.
    Check(String),
    /// The id of a requirement.
    Requirement(String),
}

impl Covers {
    /// The pattern or the id, as written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Check(text) | Self::Requirement(text) => text,
        }
    }
}
