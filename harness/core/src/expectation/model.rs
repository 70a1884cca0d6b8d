//! What a check demands of the facts it observes, and for how long.
//!
//! Input: facts as JSON. Output: what did not match. Pure: the judge, and the runner that must know when an
//! `eventually` is over, use the same function.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outcome::Outcome;

/// Every path must match; the order is the author's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expectations(pub Vec<Expectation>);

impl Expectations {
    /// The outcomes that are accepted at a path; none when the path is not demanded, or by something else than outcomes.
    pub fn outcomes(&self, path: &str) -> Vec<Outcome> {
        let matchers = self.0.iter().filter(|demand| demand.path == path).map(|demand| &demand.matcher);
        let values = matchers.flat_map(|matcher| match matcher {
            Matcher::AnyOf { values } => values.as_slice(),
            Matcher::Equals { value } => std::slice::from_ref(value),
            _ => &[],
        });
        values.filter_map(|value| Outcome::try_from(value.as_str()?.to_owned()).ok()).collect()
    }
}

/// One path into the facts (dots separate keys, numbers index lists, `#` is a list's length) and what must be there. In a demand
/// on an element the empty path is the element itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    pub path: String,
    pub matcher: Matcher,
}

/// How a value is compared. Durations (`720h`, `30d`), versions and instants compare by their meaning when both sides parse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Matcher {
    Absent,
    /// Nothing is there, or one of these is.
    AbsentOr {
        values: Vec<Value>,
    },
    AnyOf {
        values: Vec<Value>,
    },
    Between {
        min: Option<Value>,
        max: Option<Value>,
    },
    Compare {
        operator: Operator,
        value: Value,
    },
    Contains {
        value: Value,
    },
    Equals {
        value: Value,
    },
    /// The list holds these and nothing else, in any order.
    Exactly {
        values: Vec<Value>,
    },
    /// No element of the list, or member of the object, meets all of these. There must be one that was looked at.
    NoElement {
        demands: Expectations,
    },
    Present,
    /// What must hold of the elements that meet `filter`. There must be one, unless `count` accepts 0.
    Where {
        filter: Expectations,
        /// Each of them meets all of these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Expectations>,
        /// None of them meets all of these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        none: Option<Expectations>,
        /// How many there are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<Box<Matcher>>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    AtLeast,
    AtMost,
    Less,
    More,
    NotEqual,
}

/// When the expectations must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "kebab-case")]
pub enum Quantifier {
    /// At every sample for this long; fewer than `samples` samples prove nothing.
    Always { hold: Duration, samples: u32 },
    /// `stable` times in a row before the limit.
    Eventually { within: Duration, stable: u32 },
    /// At no sample for this long, with the same minimum.
    Never { hold: Duration, samples: u32 },
    /// At the single evaluation (or at each of the attempts of a probe cell).
    #[default]
    Once,
}

/// One expectation that the facts did not meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    pub path: String,
    pub expected: String,
    /// `None` when the path leads nowhere. Of an element of a list, the fields that the demand names.
    pub observed: Option<Value>,
    /// Why the facts do not decide the demand: nothing was there to look at, or it could not be compared. `None` for a
    /// violation.
    pub undecided: Option<String>,
}
