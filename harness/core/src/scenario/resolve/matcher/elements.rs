//! Matchers about the elements of a list: `{none: …}`, and `{where: …}` with `every`, `none` or `count` beside it.
//!
//! What stands under `none`, `where` and `every` is a map of path → matcher about one element, or a matcher for the element
//! itself. Under `none` and `where` a path has no `*`: "no element of which every part …" is not what an author means there.

use super::matcher;
use crate::{
    expectation::{Expectation, Expectations, Matcher},
    yaml::{Content, Node, Problem, Rule},
};

/// `None` when the map is another matcher.
pub(super) fn read(node: &Node) -> Option<Result<Matcher, Problem>> {
    const KEYS: [&str; 4] = ["where", "none", "every", "count"];
    let first = KEYS.iter().find_map(|key| node.key(key))?;
    let other = node.entries().map(|(key, _)| key).find(|key| !KEYS.contains(&key.text.as_str()));
    Some(match other {
        Some(other) => {
            let message = format!("`{}` does not stand beside `{}`", other.text, first.text);
            Err(Problem::new(Rule::Matcher, other.place, message)
                .help("the keys are `where`, `every`, `none`, `count`"))
        }
        None => about_elements(node),
    })
}

fn about_elements(node: &Node) -> Result<Matcher, Problem> {
    let part = |key: &'static str| node.get(key).map(|part| demands(part, key)).transpose();
    let (every, never) = (part("every")?, part("none")?);
    let count = node.get("count").map(|count| matcher(count).map(Box::new)).transpose()?;
    let Some(filter) = part("where")? else {
        for key in ["every", "count"] {
            if let Some(key) = node.key(key) {
                let problem = Problem::new(Rule::Matcher, key.place, format!("`{}` without `where`", key.text));
                return Err(problem.help(match key.text.as_str() {
                    "every" => "every element is a path with a star: `items.*.spec.mode: STRICT`",
                    _ => "the number of all elements is a path: `items.#: 3`",
                }));
            }
        }
        return never.map(|demands| Matcher::NoElement { demands }).ok_or_else(|| {
            Problem::new(Rule::Matcher, node.place, "nothing is demanded here").help("write what no element may be")
        });
    };
    if every.is_none() && never.is_none() && count.is_none() {
        let problem =
            Problem::new(Rule::Empty, node.place, "`where` chooses elements, and nothing is demanded of them");
        return Err(problem.help("add `every: {…}`, `none: {…}` or `count: \">= 1\"`"));
    }
    if let Some(false) = count.as_deref().map(counts) {
        let problem = Problem::new(Rule::Matcher, node.nearest(&["count"]).place, "a count is compared with numbers");
        return Err(problem.help("write `count: 1`, `count: \">= 1\"`, or `count: 0` where there may be none"));
    }
    Ok(Matcher::Where { filter, every, none: never, count })
}

/// Whether a matcher is one for a number.
fn counts(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::AnyOf { values } => values.iter().all(serde_json::Value::is_number),
        Matcher::Between { min, max } => min.iter().chain(max).all(serde_json::Value::is_number),
        Matcher::Compare { value, .. } | Matcher::Equals { value } => value.is_number(),
        Matcher::Absent
        | Matcher::AbsentOr { .. }
        | Matcher::Contains { .. }
        | Matcher::Exactly { .. }
        | Matcher::NoElement { .. }
        | Matcher::Present
        | Matcher::Where { .. } => false,
    }
}

/// What is demanded of one element.
fn demands(node: &Node, key: &str) -> Result<Expectations, Problem> {
    let Content::Map(entries) = &node.content else {
        return Ok(Expectations(vec![Expectation { path: String::new(), matcher: matcher(node)? }]));
    };
    if entries.is_empty() {
        let problem = Problem::new(Rule::Empty, node.place, format!("`{key}` says nothing about an element"));
        return Err(problem.help("name a path into the element and its value, such as `spec.mtls.mode: STRICT`"));
    }
    let mut demands = Vec::new();
    for (path, value) in entries {
        if key != "every" && path.text.split('.').any(|word| word == "*") {
            let message =
                format!("a path under `{key}` has no `*`: it would ask about all parts of an element at once");
            let help = "ask about the parts one by one: `ports: {where: {mode: PERMISSIVE}, count: \">= 1\"}` is \"some of its ports\"";
            return Err(Problem::new(Rule::Matcher, path.place, message).help(help));
        }
        demands.push(Expectation { path: path.text.clone(), matcher: matcher(value)? });
    }
    Ok(Expectations(demands))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Matcher, Problem> {
        matcher(&Node::parse(text).unwrap())
    }

    fn one(path: &str, value: &str) -> Expectations {
        Expectations(vec![Expectation { path: path.to_owned(), matcher: Matcher::Equals { value: json!(value) } }])
    }

    #[test]
    fn every_spelling() {
        let filtered = |every, none, count| Matcher::Where { filter: one("a.b", "c"), every, none, count };
        let zero = Some(Box::new(Matcher::Equals { value: json!(0) }));
        let rows = [
            ("{none: {a.b: c}}", Matcher::NoElement { demands: one("a.b", "c") }),
            ("{none: c}", Matcher::NoElement { demands: one("", "c") }),
            ("{where: {a.b: c}, every: {d: e}}", filtered(Some(one("d", "e")), None, None)),
            ("{where: {a.b: c}, none: {d: e}}", filtered(None, Some(one("d", "e")), None)),
            ("{where: {a.b: c}, count: 0}", filtered(None, None, zero)),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        assert!(matches!(read("{where: {p: {none: {q: r}}}, every: {\"s.*.t\": u}}"), Ok(Matcher::Where { .. })));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in [
            "{none: {}}",
            "{none: null}",
            "{none: []}",
            "{where: {}}",
            "{where: {}, count: 1}",
            "{where: {a: b}}",
            "{where: {a: b}, every: {}}",
            "{where: {a: b}, count: absent}",
            "{where: {a: b}, count: many}",
            "{where: {a: b}, contains: c}",
            "{where: {a: b}, evry: {c: d}}",
            "{every: {a: b}}",
            "{count: 3}",
            "{none: {a: b}, max: 3}",
            "{none: {\"a.*.b\": c}}",
            "{none: {a: {none: {}}}}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
