//! The recorded environment as small tables.

use serde::Serialize;
use serde_json::Value;

use crate::{
    report::{
        Report,
        support::{HEAD, support_rows},
    },
    support::TOPIC,
};

/// The limitations that the run records about itself.
#[derive(Debug, Serialize)]
pub(super) struct Limitations {
    pub lines: Vec<String>,
}

/// One topic of the environment: pairs (`head` empty), or a table of similar items.
#[derive(Debug, Serialize)]
pub(super) struct FactBlock {
    pub name: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl FactBlock {
    /// Whether the block is folded because of its length.
    pub(super) fn is_long(&self) -> bool {
        self.rows.len() > LONG
    }
}

const LONG: usize = 8;

/// The topic of the run's limitations, which are no facts about the world.
const LIMITATIONS: &str = "honesty";

pub(super) fn limitations(report: &Report) -> Limitations {
    let lines = match report.environment.get(LIMITATIONS) {
        Some(Value::Array(lines)) => lines.iter().map(plain).collect(),
        Some(line) => vec![plain(line)],
        None => Vec::new(),
    };
    Limitations { lines }
}

pub(super) fn fact_blocks(report: &Report) -> Vec<FactBlock> {
    let mut blocks = Vec::new();
    let mut single = Vec::new();
    for (name, value) in report.environment.iter().filter(|(name, _)| *name != LIMITATIONS && *name != TOPIC) {
        match value {
            Value::Object(fields) => blocks.push(FactBlock {
                name: spaced(name),
                head: Vec::new(),
                rows: fields.iter().map(|(key, value)| vec![key.clone(), plain(value)]).collect(),
            }),
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
                blocks.push(table(name, items));
            }
            Value::Array(items) => {
                let rows = items.iter().map(|item| vec![plain(item)]).collect();
                blocks.push(FactBlock { name: spaced(name), head: Vec::new(), rows });
            }
            scalar => single.push(vec![name.clone(), plain(scalar)]),
        }
    }
    let support = support_rows(report);
    if !support.is_empty() {
        let head = HEAD.map(str::to_owned).to_vec();
        blocks.insert(0, FactBlock { name: "support of versions".to_owned(), head, rows: support });
    }
    if !single.is_empty() {
        blocks.insert(0, FactBlock { name: "general".to_owned(), head: Vec::new(), rows: single });
    }
    blocks
}

/// A list of objects as a table: `name` first, then the keys in alphabetical order.
fn table(name: &str, items: &[Value]) -> FactBlock {
    let objects: Vec<_> = items.iter().filter_map(Value::as_object).collect();
    let mut head: Vec<String> = Vec::new();
    for key in objects.iter().flat_map(|object| object.keys()) {
        if !head.contains(key) {
            head.push(key.clone());
        }
    }
    head.sort_by_key(|key| (key != "name", key.clone()));
    let row = |object: &&serde_json::Map<String, Value>| {
        head.iter().map(|key| object.get(key).map(plain).unwrap_or_default()).collect()
    };
    let rows = objects.iter().map(row).collect();
    FactBlock { name: spaced(name), head, rows }
}

/// `module k8s.io/kubernetes, version v1.36.4` instead of braces and quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| match value {
                Value::Object(_) => format!("{}: {}", spaced(key), plain(value)),
                _ => format!("{} {}", spaced(key), plain(value)),
            };
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A key as words.
fn spaced(key: &str) -> String {
    key.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_are_shown_as_words() {
        for (value, expected) in [
            (json!("a-b"), "a-b"),
            (json!(21), "21"),
            (json!(["a", 1]), "a, 1"),
            (json!({"built-from-source": {"module": "m", "version": "v1"}}), "built from source: module m, version v1"),
        ] {
            assert_eq!(plain(&value), expected);
        }
    }
}
