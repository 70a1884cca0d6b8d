//! One row of the table: the party that supports a series of a component, until when, and the source of this.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Series, written::Written};

/// The promise of one party about one release series.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Row {
    /// The component's id in `stack.yaml`. Other sets of versions may have no such component.
    pub component: String,
    /// The series.
    pub version: Series,
    /// The party that fixes it.
    pub by: Party,
    /// Until when.
    pub promise: Promise,
    /// The page and its section, by name.
    pub source: String,
    /// The day on which the source was read.
    pub read_on: Date,
}

/// A party that fixes versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The project itself.
    #[default]
    Upstream,
    /// Debian, for its own packages.
    Debian,
}

/// Until when a series is supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// To the end of this day.
    Until(Date),
    /// Upstream names no day but a rule, such as "until two minors later are out".
    Rule {
        /// The rule.
        says: String,
        /// The last day on which the series was known to be within the rule.
        held: Date,
    },
}

impl fmt::Display for Party {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Upstream => "upstream",
            Self::Debian => "Debian",
        })
    }
}
