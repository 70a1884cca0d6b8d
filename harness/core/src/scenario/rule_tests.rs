//! Files of rule unit tests, in the format that the rules' own tool reads: named tests of time series and alerts.
//!
//! [`Rules`] is what a step does with them. Of a file, only what a scenario must know: which tests there are, and how much each asserts. What the assertions mean is left to the
//! tool, and the step names the rules: the `rule_files` of the file are for runs by hand.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Alert rules without a cluster. Rule files are named by tree and path, such as `mtls/monitoring/rules/corrected.rules.yaml`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rules {
    /// Facts `groups`, `rules` (counts) and `problems`.
    Check(String),
    /// Facts `passed`, `assertions`, and `tests.<test>.passed`, `.assertions`, `.message`.
    Test(RuleTest),
}

#[derive(Clone, Debug, Serialize)]
pub struct RuleTest {
    /// As the scenario names it.
    pub file: String,
    /// Rule files that are tested.
    pub rule_files: Vec<String>,
    pub tests: Vec<RuleTestCase>,
}

/// One test of a file, on its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleTestCase {
    pub name: String,
    /// Alerts and expressions that it compares.
    pub assertions: usize,
    /// A whole test file with this test alone, but for its `rule_files`.
    pub document: Map<String, Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum RuleTestsError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("it is no file of rule tests: {0}")]
    Shape(String),
    #[error("it holds no test")]
    Empty,
    #[error("its test {number} has no usable `name`: lower-case letters, digits and `-`")]
    Unnamed { number: usize },
    #[error("two of its tests are called `{0}`")]
    Twice(String),
    #[error("its test `{0}` asserts nothing")]
    AssertsNothing(String),
}

#[derive(Deserialize)]
struct File {
    tests: Vec<Map<String, Value>>,
    #[serde(flatten)]
    head: Map<String, Value>,
}

/// Reads a file of rule tests.
///
/// # Errors
///
/// When it is none, or one of its tests could be green without having shown anything.
pub fn read(path: &Path) -> Result<Vec<RuleTestCase>, RuleTestsError> {
    parse(&std::fs::read_to_string(path)?)
}

fn parse(text: &str) -> Result<Vec<RuleTestCase>, RuleTestsError> {
    let File { tests, mut head } =
        serde_saphyr::from_str(text).map_err(|error| RuleTestsError::Shape(first_line(&error.to_string())))?;
    head.remove("rule_files");
    let mut cases: Vec<RuleTestCase> = Vec::new();
    for (index, test) in tests.into_iter().enumerate() {
        let name = test.get("name").and_then(Value::as_str).filter(|name| is_usable(name));
        let name = name.ok_or(RuleTestsError::Unnamed { number: index + 1 })?.to_owned();
        if cases.iter().any(|case| case.name == name) {
            return Err(RuleTestsError::Twice(name));
        }
        let count = |key: &str| test.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        let assertions = count("alert_rule_test") + count("promql_expr_test");
        if assertions == 0 {
            return Err(RuleTestsError::AssertsNothing(name));
        }
        let mut document = head.clone();
        document.insert("tests".to_owned(), json!([test]));
        cases.push(RuleTestCase { name, assertions, document });
    }
    if cases.is_empty() { Err(RuleTestsError::Empty) } else { Ok(cases) }
}

fn is_usable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "rule_files: [a.rules.yaml]\nevaluation_interval: 5s\ntests:\n\
        - name: first\n  promql_expr_test: [{expr: up}, {expr: down}]\n\
        - name: second\n  alert_rule_test: [{alertname: A}]\n";

    #[test]
    fn each_test_stands_alone_without_its_rules() {
        let cases = parse(TWO).unwrap();
        let seen: Vec<_> = cases.iter().map(|case| (case.name.as_str(), case.assertions)).collect();
        assert_eq!(seen, [("first", 2), ("second", 1)]);
        let expected = json!({"evaluation_interval": "5s", "tests": [{"name": "second", "alert_rule_test": [{"alertname": "A"}]}]});
        assert_eq!(Value::Object(cases[1].document.clone()), expected);
    }

    #[test]
    fn what_could_be_green_for_nothing_is_refused() {
        for (text, message) in [
            ("tests: []", "it holds no test"),
            (
                "tests: [{promql_expr_test: [{expr: up}]}]",
                "its test 1 has no usable `name`: lower-case letters, digits and `-`",
            ),
            ("tests: [{name: a, promql_expr_test: []}]", "its test `a` asserts nothing"),
            (
                "tests: [{name: a, promql_expr_test: [{expr: up}]}, {name: a, promql_expr_test: [{expr: up}]}]",
                "two of its tests are called `a`",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
        assert!(matches!(parse("groups: []"), Err(RuleTestsError::Shape(_))));
    }
}
