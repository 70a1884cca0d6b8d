//! Paths into facts: `status.conditions.Ready.status`, `items.#`, `items.*.metadata.labels."app.kubernetes.io/name"`.
//!
//! A dot separates keys, a number indexes a list, `#` is a length, `*` is every element. In a list of objects a word
//! selects the object whose `type` (Kubernetes conditions) or else `name` (containers, ports) is that word. A key with
//! dots may be quoted; it is also found unquoted, because a path that silently leads nowhere would make `absent` green.

use std::borrow::Cow;

use serde_json::Value;

/// What lies at a path; `value` is `None` where it leads nowhere or to null.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    /// The path with every `*` replaced by the element it stood for.
    pub path: String,
    pub value: Option<Cow<'a, Value>>,
}

/// Every value at `path`: one, or one per element for a path with `*`, which is none when there are no elements. The empty
/// path is the facts themselves.
pub fn lookup<'a>(facts: &'a Value, path: &str) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let segments = if path.is_empty() { Vec::new() } else { segments(path) };
    descend(facts, &segments, String::new(), &mut found);
    found
}

fn descend<'a>(value: &'a Value, rest: &[String], walked: String, found: &mut Vec<Found<'a>>) {
    let Some(segment) = rest.first() else {
        let value = (!value.is_null()).then_some(Cow::Borrowed(value));
        found.push(Found { path: walked, value });
        return;
    };
    if segment == "*" {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    descend(item, &rest[1..], join(&walked, &index.to_string()), found);
                }
                return;
            }
            Value::Object(members) => {
                for (key, member) in members {
                    descend(member, &rest[1..], join(&walked, key), found);
                }
                return;
            }
            _ => {}
        }
    }
    if segment == "#" && rest.len() == 1 {
        let length = match value {
            Value::Array(items) => Some(items.len()),
            Value::Object(members) => Some(members.len()),
            Value::String(text) => Some(text.chars().count()),
            _ => None,
        };
        let value = length.map(|length| Cow::Owned(Value::from(length)));
        found.push(Found { path: join(&walked, "#"), value });
        return;
    }
    match step(value, rest) {
        Some((next, taken)) => descend(next, &rest[taken..], join(&walked, &rest[..taken].join(".")), found),
        None => found.push(Found { path: join(&walked, &rest.join(".")), value: None }),
    }
}

/// The value one key further and how many segments the key took.
fn step<'a>(value: &'a Value, rest: &[String]) -> Option<(&'a Value, usize)> {
    match value {
        Value::Object(members) => {
            (1..=rest.len()).find_map(|taken| Some((members.get(&rest[..taken].join("."))?, taken)))
        }
        Value::Array(items) => {
            let word = &rest[0];
            let item = match word.parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) => named(items, "type", word).or_else(|| named(items, "name", word)),
            };
            item.map(|item| (item, 1))
        }
        _ => None,
    }
}

fn named<'a>(items: &'a [Value], key: &str, word: &str) -> Option<&'a Value> {
    items.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(word))
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut current = String::new();
    let mut quoted = false;
    for letter in path.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => segments.push(std::mem::take(&mut current)),
            _ => current.push(letter),
        }
    }
    segments.push(current);
    segments
}

pub(super) fn join(walked: &str, segment: &str) -> String {
    match (walked, segment) {
        ("", alone) | (alone, "") => alone.to_owned(),
        _ => format!("{walked}.{segment}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_where_authors_mean() {
        let facts = json!({
            "status": {"conditions": [{"type": "Issuing", "status": "False"}, {"type": "Ready", "status": "True"}]},
            "spec": {"containers": [{"name": "app", "image": "a"}, {"name": "istio-proxy", "image": "p"}]},
            "metadata": {"labels": {"app.kubernetes.io/name": "proxy"}, "gone": null},
            "san": {"uri": ["spiffe://x/a", "spiffe://x/b"]},
            "tls.version": "TLSv1.3",
        });
        let rows: [(&str, Option<Value>); 13] = [
            ("", Some(facts.clone())),
            ("status.conditions.Ready.status", Some(json!("True"))),
            ("status.conditions.0.status", Some(json!("False"))),
            ("status.conditions.#", Some(json!(2))),
            ("status.conditions.Missing.status", None),
            ("spec.containers.istio-proxy.image", Some(json!("p"))),
            ("metadata.labels.\"app.kubernetes.io/name\"", Some(json!("proxy"))),
            ("metadata.labels.app.kubernetes.io/name", Some(json!("proxy"))),
            ("metadata.gone", None),
            ("san.uri.1", Some(json!("spiffe://x/b"))),
            ("san.uri.2", None),
            ("tls.version", Some(json!("TLSv1.3"))),
            ("tls.version.deeper", None),
        ];
        for (path, expected) in rows {
            let found = lookup(&facts, path);
            assert_eq!(found.len(), 1, "{path}");
            assert_eq!(found[0].value.as_deref(), expected.as_ref(), "{path}");
        }
    }

    #[test]
    fn a_star_is_every_element() {
        let facts = json!({"items": [{"a": 1}, {"b": 2}], "none": []});
        let found = lookup(&facts, "items.*.a");
        assert_eq!(found.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(), ["items.0.a", "items.1.a"]);
        assert_eq!(found[0].value.as_deref(), Some(&json!(1)));
        assert_eq!(found[1].value, None);
        assert!(lookup(&facts, "none.*").is_empty());
        assert_eq!(lookup(&facts, "missing.*.a")[0].value, None);
    }
}
