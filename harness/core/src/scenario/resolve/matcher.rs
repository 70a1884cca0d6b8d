//! Matchers as authors spell them: `720h`, `"<= 30d"`, `[a, b]`, `{min: 2, max: 3}`, `{contains: x}`, `present`.
//!
//! Those about the elements of a list, `none` and `where`, are in `elements`.

mod elements;

use serde_json::Value;

use crate::{
    expectation::{
        Expectation, Expectations, Matcher, Operator,
        matching::is_ordered,
        outcome::{ALERTS, Outcome, VERSIONS, WORDS},
    },
    yaml::{Content, Node, Place, Problem, Rule, nearest},
};

/// Longest first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 5] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::More),
];
const MATCHER_KEYS: [&str; 8] = ["min", "max", "contains", "exactly", "none", "where", "every", "count"];

/// Reads a map of path → matcher, in the author's order.
pub(super) fn expectations(node: &Node, problems: &mut Vec<Problem>) -> Expectations {
    let mut list = Vec::new();
    for (key, value) in node.entries() {
        match matcher(value) {
            Ok(matcher) => list.push(Expectation { path: key.text.clone(), matcher }),
            Err(problem) => problems.push(problem),
        }
    }
    if node.entries().next().is_none() {
        problems
            .push(Problem::new(Rule::Empty, node.place, "nothing is demanded here").help("name a fact and its value"));
    }
    Expectations(list)
}

/// The outcomes a legend word accepts, each a member of the closed set.
pub(super) fn outcomes(node: &Node, problems: &mut Vec<Problem>) -> Vec<Outcome> {
    let words: Vec<&Node> = match &node.content {
        Content::List(items) => items.iter().collect(),
        Content::Text(_) => vec![node],
        _ => {
            let message = format!("an outcome is a word or a list of words, not {}", node.describe());
            problems.push(Problem::new(Rule::Outcome, node.place, message).help("list the outcomes you accept"));
            return Vec::new();
        }
    };
    let mut outcomes = Vec::new();
    for word in words {
        match outcome(word) {
            Ok(outcome) => outcomes.push(outcome),
            Err(problem) => problems.push(problem),
        }
    }
    outcomes
}

fn outcome(node: &Node) -> Result<Outcome, Problem> {
    let wrong = |message: String| Problem::new(Rule::Outcome, node.place, message);
    let Some(text) = node.text() else {
        return Err(wrong(format!("an outcome is a word, not {}", node.describe())));
    };
    let Ok(outcome) = Outcome::try_from(text.to_owned()) else {
        let head = text.split('(').next().unwrap_or(text);
        let problem = wrong(format!("`{text}` is not an outcome: the set is closed"));
        let by_name = |word: &&&str| word.split('(').next() == Some(head);
        return Err(match WORDS.iter().find(by_name) {
            Some(form) => problem.help(format!("write it as `{form}`")),
            None => match nearest(head, WORDS.iter().map(|word| word.split('(').next().unwrap_or(word))) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help(format!("outcomes: {}", WORDS.join(", "))),
            },
        });
    };
    match &outcome {
        Outcome::TlsAlert(name) if !ALERTS.contains(&name.as_str()) => {
            let problem = wrong(format!("TLS has no alert called `{name}`"));
            Err(match nearest(name, ALERTS) {
                Some(meant) => problem.help(format!("did you mean `tls-alert({meant})`?")),
                None => problem.help("names are those of RFC 8446 section 6, such as `unknown_ca`"),
            })
        }
        Outcome::Negotiated(version) if !VERSIONS.contains(&version.as_str()) => {
            let problem = wrong(format!("`{version}` is no version of TLS"));
            Err(problem.help(format!("one of {}", VERSIONS.join(", "))))
        }
        Outcome::HarnessError => {
            let message = "`harness-error` is our own failure: nothing can be expected to end so".to_owned();
            Err(wrong(message).help("list what the server may do"))
        }
        _ => Ok(outcome),
    }
}

fn matcher(node: &Node) -> Result<Matcher, Problem> {
    match &node.content {
        Content::Bool(_) | Content::Number(_) => Ok(Matcher::Equals { value: node.to_json() }),
        Content::List(items) => any_of(node, items),
        Content::Map(_) => demand(node),
        Content::Null => Err(Problem::new(Rule::Matcher, node.place, "the value is missing")
            .help("write `absent` for a fact that must not be there")),
        Content::Text(text) => word(text, node.place),
    }
}

fn word(text: &str, place: Place) -> Result<Matcher, Problem> {
    match text.trim() {
        "absent" => return Ok(Matcher::Absent),
        "present" => return Ok(Matcher::Present),
        _ => {}
    }
    for (sign, operator) in OPERATORS {
        let Some(rest) = text.trim_start().strip_prefix(sign) else { continue };
        let value = typed(rest.trim());
        let ordered = operator == Operator::NotEqual || is_ordered(&value);
        if ordered && !rest.trim().is_empty() && !rest.trim_start().starts_with(['=', '<', '>']) {
            return Ok(Matcher::Compare { operator, value });
        }
        let problem = Problem::new(Rule::Matcher, place, format!("`{text}` compares with something that has no order"));
        return Err(problem
            .help("after the sign: a number, a duration (30d), a version (1.3) or a time (2026-01-31T00:00:00Z)"));
    }
    if text.starts_with('=') {
        let problem = Problem::new(Rule::Matcher, place, format!("`{text}`: equality has no sign"));
        return Err(problem.help("write the value alone; the other signs are >=, <=, >, < and !="));
    }
    Ok(Matcher::Equals { value: Value::String(text.to_owned()) })
}

fn any_of(node: &Node, items: &[Node]) -> Result<Matcher, Problem> {
    if items.is_empty() {
        let problem =
            Problem::new(Rule::Matcher, node.place, "a list means any of its values; an empty one means none");
        return Err(problem.help("write `{exactly: []}` for an empty list"));
    }
    let mut values = Vec::new();
    let mut absent = false;
    for item in items {
        match matcher(item)? {
            Matcher::Equals { .. } => values.push(item.to_json()),
            Matcher::Absent if items.len() > 1 && !absent => absent = true,
            _ => {
                let message = format!("a list holds plain values and once `absent`, not {}", item.describe());
                let problem = Problem::new(Rule::Matcher, item.place, message);
                return Err(problem.help("a list means any of its values; write several paths for several demands"));
            }
        }
    }
    Ok(if absent { Matcher::AbsentOr { values } } else { Matcher::AnyOf { values } })
}

fn demand(node: &Node) -> Result<Matcher, Problem> {
    for (key, _) in node.entries() {
        if !MATCHER_KEYS.contains(&key.text.as_str()) {
            let problem = Problem::new(Rule::Matcher, key.place, format!("`{}` is not a matcher", key.text));
            return Err(match nearest(&key.text, MATCHER_KEYS) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help(format!(
                    "matchers: {}; a nested fact is a path with dots, `a.b: value`",
                    MATCHER_KEYS.join(", ")
                )),
            });
        }
    }
    if let Some(about_elements) = elements::read(node) {
        return about_elements;
    }
    let (min, max) = (node.get("min"), node.get("max"));
    match (node.get("contains"), node.get("exactly"), min.or(max)) {
        (Some(value), None, None) => Ok(Matcher::Contains { value: value.to_json() }),
        (None, Some(value), None) if matches!(value.content, Content::List(_)) => {
            Ok(Matcher::Exactly { values: value.items().iter().map(Node::to_json).collect() })
        }
        (None, Some(value), None) => Err(Problem::new(Rule::Matcher, value.place, "`exactly` takes a list")),
        (None, None, Some(_)) => {
            for bound in [min, max].into_iter().flatten() {
                if !is_ordered(&bound.to_json()) {
                    let problem =
                        Problem::new(Rule::Matcher, bound.place, format!("{} has no order", bound.describe()));
                    return Err(problem.help("a bound is a number, a duration, a version or a time"));
                }
            }
            Ok(Matcher::Between { min: min.map(Node::to_json), max: max.map(Node::to_json) })
        }
        (None, None, None) => Err(Problem::new(Rule::Matcher, node.place, "nothing is demanded here")),
        _ => Err(Problem::new(Rule::Matcher, node.place, "`contains`, `exactly` and `min`/`max` do not mix")
            .help("split them: one path may be written once per step")),
    }
}

/// A number when it reads as one, so that `">= 10"` compares numbers.
fn typed(text: &str) -> Value {
    serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Matcher, Problem> {
        matcher(&Node::parse(text).unwrap())
    }

    #[test]
    fn every_spelling() {
        let compare = |operator, value| Matcher::Compare { operator, value };
        let rows = [
            ("\"True\"", Matcher::Equals { value: json!("True") }),
            ("true", Matcher::Equals { value: json!(true) }),
            ("7", Matcher::Equals { value: json!(7) }),
            ("720h", Matcher::Equals { value: json!("720h") }),
            ("\">= 1.3\"", compare(Operator::AtLeast, json!(1.3))),
            ("\"<= 30d\"", compare(Operator::AtMost, json!("30d"))),
            ("\"< 5\"", compare(Operator::Less, json!(5))),
            ("\">5\"", compare(Operator::More, json!(5))),
            ("\"!= firing\"", compare(Operator::NotEqual, json!("firing"))),
            ("[a, 2]", Matcher::AnyOf { values: vec![json!("a"), json!(2)] }),
            ("{min: 2, max: 3}", Matcher::Between { min: Some(json!(2)), max: Some(json!(3)) }),
            ("{max: 30d}", Matcher::Between { min: None, max: Some(json!("30d")) }),
            ("{contains: {name: x}}", Matcher::Contains { value: json!({"name": "x"}) }),
            ("{exactly: []}", Matcher::Exactly { values: vec![] }),
            ("present", Matcher::Present),
            ("absent", Matcher::Absent),
            ("[STRICT, absent]", Matcher::AbsentOr { values: vec![json!("STRICT")] }),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in [
            "null",
            "[]",
            "\"> soon\"",
            "\">=\"",
            "\"=> 3\"",
            "\"== 3\"",
            "{mn: 3}",
            "{}",
            "{min: x}",
            "{min: 1, contains: 2}",
            "{exactly: 3}",
            "[\">= 3\"]",
            "[absent]",
            "[absent, absent]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
