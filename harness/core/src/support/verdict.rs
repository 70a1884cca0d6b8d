//! The verdicts on support windows: part of the published report, in words that reports and `doctor` share.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::Party;

/// The support of all examined versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Support {
    /// The day of the judgement: the day on which the run started, in UTC.
    #[schemars(with = "Option<String>")]
    pub on: Option<Date>,
    /// Per version and party, in alphabetical order.
    pub versions: Vec<SupportVerdict>,
    /// Why nothing is known although versions were examined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One version, and the promise of one party about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SupportVerdict {
    pub component: String,
    pub version: Option<String>,
    pub state: State,
    /// In one line, without the component and the version.
    pub says: String,
    /// Where the version was observed.
    pub seen: Vec<String>,
    /// The party that supports it; this and the following are absent when nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The last day of support, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// The rule, where no day is named; `held` is the last day on which it was known to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub held: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub read_on: Option<Date>,
}

/// Whether a version is still supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Past its last day: a finding.
    Ended,
    /// Supported by a rule that was not confirmed within the last quarter.
    Unconfirmed,
    /// The table has no row for it.
    Unknown,
    Supported,
}

impl State {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Unconfirmed => "unconfirmed",
            Self::Unknown => "unknown",
            Self::Supported => "supported",
        }
    }
}

impl Support {
    /// The versions past their end of support.
    pub fn ended(&self) -> impl Iterator<Item = &SupportVerdict> {
        self.of(State::Ended)
    }

    /// The versions in this state.
    pub fn of(&self, state: State) -> impl Iterator<Item = &SupportVerdict> {
        self.versions.iter().filter(move |one| one.state == state)
    }
}

impl SupportVerdict {
    /// `cert-manager v1.11.5`, or the name alone.
    #[must_use]
    pub fn name(&self) -> String {
        self.version.as_ref().map_or_else(|| self.component.clone(), |version| format!("{} {version}", self.component))
    }

    /// `cert-manager v1.11.5: support of 1.11 by upstream ended on 2023-09-12 (cert-manager.io, Releases; read on
    /// 2026-11-30)`.
    #[must_use]
    pub fn line(&self) -> String {
        let read = self.source.iter().zip(self.read_on).map(|(source, day)| format!(" ({source}; read on {day})"));
        format!("{}: {}{}", self.name(), self.says, read.collect::<String>())
    }
}
