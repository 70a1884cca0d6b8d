//! Expectations that are met while nothing is there.

use crate::expectation::{Matcher, Operator};

/// Whether a count, a list or a value is expected to be none.
pub(super) fn is_none(matcher: &Matcher) -> bool {
    let is = |value: &serde_json::Value, number: u64| value.as_u64() == Some(number);
    match matcher {
        Matcher::Absent | Matcher::AbsentOr { .. } => true,
        // `none` looks at an element at least; a count of 0 is met by a list that is empty.
        Matcher::Where { count: Some(count), .. } => count.accepts(Some(&0.into())),
        Matcher::Between { min: _, max: Some(value) }
        | Matcher::Compare { operator: Operator::AtMost, value }
        | Matcher::Equals { value } => is(value, 0),
        Matcher::Compare { operator: Operator::Less, value } => is(value, 1),
        Matcher::Exactly { values } => values.is_empty(),
        _ => false,
    }
}
