//! One matcher against one value, and all expectations against the facts.
//!
//! Demands on the elements of a list are in `elements`.

mod elements;

use std::{cmp::Ordering, fmt};

use serde_json::Value;

use super::{
    path::lookup,
    typed::{equal, order},
};
use crate::expectation::{Expectation, Expectations, Matcher, Mismatch, Operator};

impl Expectations {
    /// What the facts do not meet, in the author's order; empty when everything matches.
    pub fn mismatches(&self, facts: &Value) -> Vec<Mismatch> {
        self.0.iter().flat_map(|expectation| expectation.mismatches(facts)).collect()
    }
}

impl Expectation {
    fn mismatches(&self, facts: &Value) -> Vec<Mismatch> {
        let found = lookup(facts, &self.path);
        if found.is_empty() {
            // A `*` over nothing: no element met the expectation, so it is not met.
            let expected = format!("{} in at least one element", self.matcher);
            return vec![Mismatch { path: self.path.clone(), expected, observed: None, undecided: None }];
        }
        found.iter().flat_map(|found| self.matcher.mismatches(&found.path, found.value.as_deref())).collect()
    }
}

impl Matcher {
    /// How the value at the path misses what the author asked for: in one way, or in one per element of a list.
    fn mismatches(&self, path: &str, observed: Option<&Value>) -> Vec<Mismatch> {
        match (self, observed.and_then(elements::of)) {
            (Self::NoElement { demands }, Some(all)) => elements::none(path, demands, &all),
            (Self::Where { filter, every, none, count }, Some(all)) => {
                let then = elements::Demands { every: every.as_ref(), none: none.as_ref(), count: count.as_deref() };
                elements::filtered(path, filter, &then, &all)
            }
            (Self::NoElement { demands: about } | Self::Where { filter: about, .. }, None) => {
                vec![elements::none_there(path, about, observed)]
            }
            _ if self.accepts(observed) => Vec::new(),
            _ => vec![Mismatch {
                path: path.to_owned(),
                expected: self.to_string(),
                observed: observed.cloned(),
                undecided: None,
            }],
        }
    }

    /// Whether the value at the path, `None` when it leads nowhere, is what the author asked for.
    pub fn accepts(&self, observed: Option<&Value>) -> bool {
        let Some(observed) = observed else { return matches!(self, Self::Absent | Self::AbsentOr { .. }) };
        match self {
            Self::Absent => false,
            Self::AbsentOr { values } | Self::AnyOf { values } => values.iter().any(|value| equal(value, observed)),
            Self::Between { min, max } => {
                let above = min.as_ref().is_none_or(|min| order(observed, min).is_some_and(Ordering::is_ge));
                let below = max.as_ref().is_none_or(|max| order(observed, max).is_some_and(Ordering::is_le));
                above && below
            }
            Self::Compare { operator, value } => compare(*operator, observed, value),
            Self::Contains { value } => contains(observed, value),
            Self::Equals { value } => equal(value, observed),
            Self::Exactly { values } => exactly(observed, values),
            Self::NoElement { .. } | Self::Where { .. } => self.mismatches("", Some(observed)).is_empty(),
            Self::Present => true,
        }
    }

    /// Whether a value is of a kind that the matcher compares. One that is not shows neither that the demand is met nor that
    /// it is violated, which matters where violations are looked for: in `none`, and in the filter of `where`.
    fn reads(&self, observed: &Value) -> bool {
        let compares = |bound: &Value| order(observed, bound).is_some();
        match self {
            Self::Between { min, max } => min.iter().chain(max).all(compares),
            Self::Compare { operator: Operator::NotEqual, .. }
            | Self::Absent
            | Self::AbsentOr { .. }
            | Self::AnyOf { .. }
            | Self::Equals { .. }
            | Self::Present => true,
            Self::Compare { value, .. } => compares(value),
            Self::Contains { value } => match observed {
                Value::Array(_) => true,
                Value::Object(_) => value.is_object(),
                Value::String(_) => value.is_string(),
                Value::Null | Value::Bool(_) | Value::Number(_) => false,
            },
            Self::Exactly { .. } => observed.is_array(),
            Self::NoElement { .. } | Self::Where { .. } => elements::of(observed).is_some(),
        }
    }
}

impl fmt::Display for Expectations {
    /// As the author would spell them, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Expectation { path, matcher }) in self.0.iter().enumerate() {
            let (before, colon) = (if index == 0 { "" } else { "; " }, if path.is_empty() { "" } else { ": " });
            write!(f, "{before}{path}{colon}{matcher}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Matcher {
    /// As the author would spell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::AbsentOr { values } => {
                write!(f, "one of [{}, absent]", values.iter().map(plain).collect::<Vec<_>>().join(", "))
            }
            Self::AnyOf { values } => write!(f, "one of {}", list(values)),
            Self::Between { min: Some(min), max: Some(max) } => write!(f, "between {} and {}", plain(min), plain(max)),
            Self::Between { min: Some(min), max: None } => write!(f, ">= {}", plain(min)),
            Self::Between { min: None, max: Some(max) } => write!(f, "<= {}", plain(max)),
            Self::Between { min: None, max: None } | Self::Present => f.write_str("present"),
            Self::Compare { operator, value } => write!(f, "{operator} {}", plain(value)),
            Self::Contains { value } => write!(f, "contains {}", plain(value)),
            Self::Equals { value } => f.write_str(&plain(value)),
            Self::Exactly { values } => write!(f, "exactly {}", list(values)),
            Self::NoElement { demands } => write!(f, "no element with {{{demands}}}"),
            Self::Where { filter, every, none, count } => {
                write!(f, "of those with {{{filter}}}")?;
                every.iter().try_for_each(|every| write!(f, ", each with {{{every}}}"))?;
                none.iter().try_for_each(|none| write!(f, ", none with {{{none}}}"))?;
                count.iter().try_for_each(|count| write!(f, ", as many as {count}"))
            }
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Less => "<",
            Self::More => ">",
            Self::NotEqual => "!=",
        })
    }
}

fn compare(operator: Operator, observed: &Value, value: &Value) -> bool {
    if operator == Operator::NotEqual {
        return !equal(value, observed) && order(observed, value) != Some(Ordering::Equal);
    }
    order(observed, value).is_some_and(|order| match operator {
        Operator::AtLeast => order.is_ge(),
        Operator::AtMost => order.is_le(),
        Operator::Less => order.is_lt(),
        Operator::More => order.is_gt(),
        Operator::NotEqual => order.is_ne(),
    })
}

/// A list contains an item or each of several, a text contains a text, an object contains at least these members.
fn contains(observed: &Value, value: &Value) -> bool {
    match (observed, value) {
        (Value::Array(items), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| items.iter().any(|item| includes(item, wanted)))
        }
        (Value::Array(items), wanted) => items.iter().any(|item| includes(item, wanted)),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Object(_), Value::Object(_)) => includes(observed, value),
        _ => false,
    }
}

fn includes(item: &Value, wanted: &Value) -> bool {
    match (item, wanted) {
        (Value::Object(members), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| members.get(key).is_some_and(|member| includes(member, wanted)))
        }
        _ => equal(wanted, item),
    }
}

/// The same items, each as often, in any order.
fn exactly(observed: &Value, values: &[Value]) -> bool {
    let Value::Array(items) = observed else { return false };
    let mut left: Vec<&Value> = items.iter().collect();
    for value in values {
        let Some(place) = left.iter().position(|item| equal(value, item)) else { return false };
        left.swap_remove(place);
    }
    left.is_empty()
}

fn list(values: &[Value]) -> String {
    format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", "))
}

/// Text without quotes, unless it would read as a number or a bool.
fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text)
            if text.parse::<f64>().is_err()
                && !text.eq_ignore_ascii_case("true")
                && !text.eq_ignore_ascii_case("false") =>
        {
            text.to_owned()
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests;
