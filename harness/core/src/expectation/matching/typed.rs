//! The meaning of scalars: `30d` and `720h0m0s` are one duration, `1.3` and `TLSv1.3` one version.
//!
//! Two values compare only when they share a kind. A bare number is no duration: nobody can tell its unit.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::duration::parse_duration;

/// Whether an author who writes `expected` means `observed`.
///
/// Strings and bools do not mix (`"True"` is not `true`). Text is equal when it is identical or means the same
/// duration, instant or TLS version.
pub(super) fn equal(expected: &Value, observed: &Value) -> bool {
    if expected == observed {
        return true;
    }
    match (expected, observed) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::String(left), Value::String(right)) => {
            same(parse_duration(left), parse_duration(right))
                || same(instant(left), instant(right))
                || ((is_marked(left) || is_marked(right)) && same(version(left), version(right)))
        }
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            (is_marked(text) || text.contains('.')) && same(version(&number.to_string()), version(text))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        _ => false,
    }
}

/// How `observed` stands to `bound`, when the two have a kind in common.
pub(super) fn order(observed: &Value, bound: &Value) -> Option<Ordering> {
    let (left, right) = (text(observed)?, text(bound)?);
    if is_marked(&left) || is_marked(&right) {
        return Some(version(&left)?.cmp(&version(&right)?));
    }
    let dotted = observed.is_string() && left.contains('.');
    let numbers = left.parse::<f64>().ok().zip(right.parse::<f64>().ok());
    if let (Some((left, right)), false) = (numbers, dotted) {
        return left.partial_cmp(&right);
    }
    let durations = parse_duration(&left).zip(parse_duration(&right)).map(|(left, right)| left.cmp(&right));
    let instants = instant(&left).zip(instant(&right)).map(|(left, right)| left.cmp(&right));
    let versions = version(&left).zip(version(&right)).map(|(left, right)| left.cmp(&right));
    durations.or(instants).or(versions)
}

/// Whether the value can be more or less than another.
pub fn is_ordered(value: &Value) -> bool {
    order(value, value).is_some()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// Whether the text says of itself that it is a version.
fn is_marked(text: &str) -> bool {
    unmarked(text) != text
}

fn unmarked(text: &str) -> &str {
    text.strip_prefix("TLSv").or_else(|| text.strip_prefix("TLS ")).or_else(|| text.strip_prefix('v')).unwrap_or(text)
}

/// Numbers between dots; missing ones count as zero, a suffix after `-` or `+` is left out.
fn version(text: &str) -> Option<[u64; 4]> {
    let core = unmarked(text).split(['-', '+']).next()?;
    let mut parts = [0; 4];
    for (index, part) in core.split('.').enumerate() {
        *parts.get_mut(index)? = part.parse().ok()?;
    }
    Some(parts)
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn same<T: PartialEq>(left: Option<T>, right: Option<T>) -> bool {
    left.zip(right).is_some_and(|(left, right)| left == right)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equality_keeps_kinds_apart() {
        let rows = [
            (json!("True"), json!("True"), true),
            (json!("True"), json!(true), false),
            (json!("true"), json!("True"), false),
            (json!(true), json!(true), true),
            (json!(1), json!(1.0), true),
            (json!(1), json!("1"), false),
            (json!("30d"), json!("720h0m0s"), true),
            (json!("30d"), json!("721h"), false),
            (json!(1.3), json!("TLSv1.3"), true),
            (json!(1.3), json!("1.3"), true),
            (json!("1.3"), json!("TLSv1.3"), true),
            (json!("1.2"), json!("TLSv1.3"), false),
            (json!("2026-01-01T00:00:00Z"), json!("2026-01-01T01:00:00+01:00"), true),
            (json!(["30d"]), json!(["720h"]), true),
            (json!(["a", "b"]), json!(["b", "a"]), false),
        ];
        for (expected, observed, equals) in rows {
            assert_eq!(equal(&expected, &observed), equals, "{expected} and {observed}");
        }
    }

    #[test]
    fn order_needs_a_common_kind() {
        let rows = [
            (json!(5), json!(30), Some(Ordering::Less)),
            (json!("5"), json!(30), Some(Ordering::Less)),
            (json!("720h"), json!("30d"), Some(Ordering::Equal)),
            (json!("90m"), json!("1h"), Some(Ordering::Greater)),
            (json!("TLSv1.3"), json!(1.2), Some(Ordering::Greater)),
            (json!("1.10"), json!(1.9), Some(Ordering::Greater)),
            (json!("v1.13.0"), json!("1.20"), Some(Ordering::Less)),
            (json!("2026-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z"), Some(Ordering::Less)),
            (json!("720h"), json!(30), None),
            (json!("soon"), json!("later"), None),
            (json!(true), json!(1), None),
        ];
        for (observed, bound, expected) in rows {
            assert_eq!(order(&observed, &bound), expected, "{observed} against {bound}");
        }
    }
}
