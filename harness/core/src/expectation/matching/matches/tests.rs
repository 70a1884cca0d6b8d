//! Tests of single matchers, and of what a mismatch says.

use serde_json::json;

use super::*;

fn check(matcher: &Matcher, rows: &[(Option<Value>, bool)]) {
    for (observed, accepted) in rows {
        assert_eq!(matcher.accepts(observed.as_ref()), *accepted, "{matcher} against {observed:?}");
    }
}

fn compare(operator: Operator, value: Value) -> Matcher {
    Matcher::Compare { operator, value }
}

#[test]
fn words() {
    check(&Matcher::Absent, &[(None, true), (Some(json!(0)), false), (Some(json!("")), false)]);
    check(&Matcher::Present, &[(None, false), (Some(json!(0)), true), (Some(json!("")), true)]);
}

#[test]
fn nothing_observed_meets_only_absent() {
    for matcher in [
        compare(Operator::NotEqual, json!(1)),
        Matcher::Between { min: None, max: Some(json!(1)) },
        Matcher::Equals { value: json!(1) },
        Matcher::AnyOf { values: vec![json!(1)] },
        Matcher::Exactly { values: vec![] },
    ] {
        assert!(!matcher.accepts(None), "{matcher}");
    }
}

#[test]
fn comparisons() {
    check(
        &compare(Operator::AtMost, json!("30d")),
        &[
            (Some(json!("720h")), true),
            (Some(json!("721h")), false),
            (Some(json!(5)), false),
            (Some(json!("x")), false),
        ],
    );
    check(&compare(Operator::AtLeast, json!(1.3)), &[(Some(json!("TLSv1.3")), true), (Some(json!("TLSv1.2")), false)]);
    check(&compare(Operator::Less, json!(10)), &[(Some(json!(9)), true), (Some(json!(10)), false)]);
    check(&compare(Operator::More, json!(10)), &[(Some(json!(11)), true), (Some(json!(10)), false)]);
    check(
        &compare(Operator::NotEqual, json!("firing")),
        &[(Some(json!("inactive")), true), (Some(json!("firing")), false)],
    );
    check(&compare(Operator::NotEqual, json!("30d")), &[(Some(json!("720h")), false)]);
}

#[test]
fn sets() {
    let either = Matcher::AnyOf { values: vec![json!("reset"), json!("closed-early")] };
    check(&either, &[(Some(json!("reset")), true), (Some(json!("established")), false)]);
    let between = Matcher::Between { min: Some(json!(2)), max: Some(json!(3)) };
    check(
        &between,
        &[(Some(json!(2)), true), (Some(json!(3)), true), (Some(json!(4)), false), (Some(json!(1)), false)],
    );
    let exactly = Matcher::Exactly { values: vec![json!("a"), json!("b")] };
    check(
        &exactly,
        &[
            (Some(json!(["b", "a"])), true),
            (Some(json!(["a"])), false),
            (Some(json!(["a", "b", "b"])), false),
            (Some(json!("a")), false),
        ],
    );
    let contains = Matcher::Contains { value: json!({"name": "sidecar"}) };
    check(
        &contains,
        &[(Some(json!([{"name": "sidecar", "image": "p"}])), true), (Some(json!([{"name": "app"}])), false)],
    );
    check(
        &Matcher::Contains { value: json!("mesh") },
        &[(Some(json!("x.mesh/ns")), true), (Some(json!(["mesh"])), true)],
    );
    check(
        &Matcher::Contains { value: json!(["a", "b"]) },
        &[(Some(json!(["b", "c", "a"])), true), (Some(json!(["a"])), false)],
    );
}

#[test]
fn a_mismatch_says_what_was_there() {
    let demanded = |path: &str, matcher| Expectation { path: path.to_owned(), matcher };
    let expectations = Expectations(vec![
        demanded("status.conditions.Ready.status", Matcher::Equals { value: json!("True") }),
        demanded("items.*.ready", Matcher::Equals { value: json!(true) }),
        demanded("none.*", Matcher::Absent),
        demanded("gone", Matcher::Present),
    ]);
    let facts = json!({
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
        "items": [{"ready": true}, {"ready": false}],
        "none": [],
    });
    let lines: Vec<_> = expectations
        .mismatches(&facts)
        .into_iter()
        .map(|mismatch| format!("{}: {} but {:?}", mismatch.path, mismatch.expected, mismatch.observed))
        .collect();
    assert_eq!(
        lines,
        [
            "status.conditions.Ready.status: \"True\" but Some(String(\"False\"))",
            "items.1.ready: true but Some(Bool(false))",
            "none.*: absent in at least one element but None",
            "gone: present but None",
        ]
    );
}
