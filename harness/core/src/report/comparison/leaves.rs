//! The leaf values of facts, by path, over all samples of a check.
//!
//! The paths are those of expectations: dots between keys, numbers for the elements of a list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The distinct values at each path. An empty list or object is a value; `null` is not.
pub(super) fn leaves(samples: Option<&Vec<&Value>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for facts in samples.into_iter().flatten() {
        descend(facts, String::new(), &mut found);
    }
    found
}

/// `a`, or `3 values: a, b, c`; of more than five, the first five in alphabetical order.
pub(super) fn plain_set(values: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = values.iter().take(MAX_VALUES).map(String::as_str).collect();
    match values.len() {
        0 | 1 => shown.concat(),
        few if few <= MAX_VALUES => format!("{few} values: {}", shown.join(", ")),
        many => format!("{many} values: {}, …", shown.join(", ")),
    }
}

const MAX_VALUES: usize = 5;

fn descend(value: &Value, walked: String, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let below = |key: &str| if walked.is_empty() { key.to_owned() } else { format!("{walked}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                descend(member, below(key), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                descend(item, below(&index.to_string()), found);
            }
        }
        Value::String(text) => drop(found.entry(walked).or_default().insert(text.clone())),
        Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_) => {
            found.entry(walked).or_default().insert(value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_has_its_path_and_every_sample_counts() {
        let (one, two) = (json!({"a": {"b": [1, "x"]}, "gone": null, "none": []}), json!({"a": {"b": [2, "x"]}}));
        let found = leaves(Some(&vec![&one, &two]));
        let shown: Vec<String> = found.iter().map(|(path, values)| format!("{path} {}", plain_set(values))).collect();
        assert_eq!(shown, ["a.b.0 2 values: 1, 2", "a.b.1 x", "none []"]);
        assert!(leaves(None).is_empty());
    }

    #[test]
    fn many_values_are_counted() {
        let values: BTreeSet<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(plain_set(&values), "9 values: 0, 1, 2, 3, 4, …");
    }
}
