//! One row of the table: who supports which series of a component, until when, and where that was read.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Series, written::Written};

/// What one party promises about one release series.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Row {
    /// The component's id in `stack.yaml`. Other sets of versions may have no such component.
    pub component: String,
    /// The series.
    pub version: Series,
    /// Who fixes it.
    pub by: Party,
    /// Until when.
    pub promise: Promise,
    /// The page and its section, by name.
    pub source: String,
    /// The day on which that was read.
    pub read_on: Date,
}

/// Who fixes a version.
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
        /// The last day on which the series was known to be inside it.
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
