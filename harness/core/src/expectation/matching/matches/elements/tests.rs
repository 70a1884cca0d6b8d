//! Tests of demands on the elements of a list.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn demand(path: &str, matcher: Matcher) -> Expectations {
    Expectations(vec![Expectation { path: path.to_owned(), matcher }])
}

fn is(path: &str, value: &str) -> Expectations {
    demand(path, Matcher::Equals { value: json!(value) })
}

fn none_is(value: &str) -> Matcher {
    Matcher::NoElement { demands: is("mode", value) }
}

fn those_with_a_mode(every: Option<Expectations>, count: Option<Value>) -> Matcher {
    let count = count.map(|value| Box::new(Matcher::Equals { value }));
    Matcher::Where { filter: demand("mode", Matcher::Present), every, none: None, count }
}

fn some_port(mode: &str) -> Matcher {
    let count = Matcher::Compare { operator: crate::expectation::Operator::AtLeast, value: json!(1) };
    Matcher::Where { filter: is("mode", mode), every: None, none: None, count: Some(Box::new(count)) }
}

/// `items` against the matcher: `met`, or one line per mismatch.
fn judged(matcher: &Matcher, facts: &Value) -> String {
    let spelled = |mismatch: Mismatch| match mismatch.undecided {
        Some(why) => format!("{} is undecided: {why}", mismatch.path),
        None => format!("{} is {}", mismatch.path, mismatch.observed.unwrap_or_default()),
    };
    let mismatches = demand("items", matcher.clone()).mismatches(facts);
    if mismatches.is_empty() {
        "met".to_owned()
    } else {
        mismatches.into_iter().map(spelled).collect::<Vec<_>>().join("; ")
    }
}

#[test]
fn no_element_may_meet_it_and_one_is_looked_at() {
    let rows = [
        (json!({"items": [{"mode": "STRICT"}, {"other": 1}]}), "met"),
        (
            json!({"items": [{"mode": "STRICT"}, {"name": "b", "mode": "OPEN"}]}),
            r#"items.1 is {"mode":"OPEN","name":"b"}"#,
        ),
        (json!({"items": {"8080": {"mode": "OPEN"}}}), r#"items.8080 is {"mode":"OPEN"}"#),
        (json!({"items": []}), "items is undecided: it is empty, so no element was looked at"),
        (json!({"items": null}), "items is undecided: it is absent"),
        (json!({}), "items is undecided: it is absent"),
        (json!({"items": 3}), "items is undecided: it has no elements"),
        (json!({"items": [{"mode": "STRICT"}, null]}), "items.1 is undecided: it is null"),
        (json!({"items": ["STRICT"]}), "items.0 is undecided: it has no fields, so no `mode`"),
    ];
    for (facts, expected) in rows {
        assert_eq!(judged(&none_is("OPEN"), &facts), expected, "{facts}");
    }
    let scalars = Matcher::NoElement { demands: is("", "b") };
    assert_eq!(judged(&scalars, &json!({"items": ["a"]})), "met");
    assert_eq!(judged(&scalars, &json!({"items": ["a", "b"]})), r#"items.1 is "b""#);
}

#[test]
fn a_value_that_does_not_compare_decides_nothing() {
    let bound = Matcher::Compare { operator: crate::expectation::Operator::More, value: json!(5) };
    let many = Matcher::NoElement { demands: demand("replicas", bound) };
    assert_eq!(judged(&many, &json!({"items": [{"replicas": 3}, {}]})), "met");
    let facts = json!({"items": [{"replicas": "a lot"}]});
    assert_eq!(judged(&many, &facts), r#"items.0 is undecided: "a lot" does not compare with > 5"#);
}

#[test]
fn what_where_leaves_is_judged() {
    let strict = || Some(is("mode", "STRICT"));
    let both = json!({"items": [{"mode": "STRICT"}, {"mode": "OPEN"}, {}]});
    let none_left = json!({"items": [{}, {}]});
    assert_eq!(judged(&those_with_a_mode(strict(), None), &both), r#"items.1.mode is "OPEN""#);
    assert_eq!(judged(&those_with_a_mode(strict(), Some(json!(2))), &both), r#"items.1.mode is "OPEN""#);
    assert_eq!(judged(&those_with_a_mode(None, Some(json!(2))), &both), "met");
    assert_eq!(judged(&those_with_a_mode(None, Some(json!(1))), &both), "items.# is 2");
    let nothing = "items is undecided: none of 2 elements has it, so none was looked at";
    assert_eq!(judged(&those_with_a_mode(strict(), None), &none_left), nothing);
    assert_eq!(judged(&those_with_a_mode(strict(), Some(json!(0))), &none_left), "met");
    assert_eq!(judged(&those_with_a_mode(strict(), Some(json!(0))), &json!({"items": []})), "met");
    assert_eq!(judged(&those_with_a_mode(strict(), Some(json!(0))), &json!({})), "items is undecided: it is absent");
}

#[test]
fn parts_of_an_element_are_asked_about_one_by_one() {
    let no_open_port = Matcher::NoElement { demands: demand("ports", some_port("OPEN")) };
    let ports = |second: &str| json!({"items": [{}, {"ports": {"80": {"mode": "STRICT"}, "90": {"mode": second}}}]});
    assert_eq!(judged(&no_open_port, &ports("STRICT")), "met");
    assert!(judged(&no_open_port, &ports("OPEN")).starts_with("items.1 is "));
}

#[test]
fn stored_matchers_are_read_again() {
    for matcher in [none_is("OPEN"), some_port("OPEN"), Matcher::AbsentOr { values: vec![json!("STRICT")] }] {
        let stored = serde_json::to_string(&matcher).unwrap();
        assert_eq!(serde_json::from_str::<Matcher>(&stored).unwrap(), matcher, "{stored}");
    }
    let stored = serde_json::to_string(&Matcher::AnyOf { values: vec![json!(1)] }).unwrap();
    assert_eq!(stored, r#"{"is":"any-of","values":[1]}"#);
}

fn any_element() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![json!({}), json!({"mode": "STRICT"}), json!({"mode": "OPEN"}), json!({"mode": 5})])
}

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let not_open = Matcher::NoElement { demands: is("mode", "OPEN") };
    let each_strict = those_with_a_mode(Some(is("mode", "STRICT")), None);
    prop::sample::select(vec![not_open, each_strict, some_port("STRICT"), those_with_a_mode(None, Some(json!(0)))])
}

proptest! {
    /// A list that is gone, or an element that cannot be read, never meets what the whole list did not.
    #[test]
    fn less_evidence_is_never_greener(
        items in prop::collection::vec(any_element(), 1..5),
        matcher in any_matcher(),
        place in any::<prop::sample::Index>(),
        unreadable in prop::sample::select(vec![json!(null), json!("x"), json!(7)]),
    ) {
        let before = judged(&matcher, &json!({"items": items}));
        for gone in [json!({}), json!({"items": null}), json!({"items": "x"})] {
            prop_assert_ne!(judged(&matcher, &gone), "met");
        }
        if !matcher.accepts(Some(&json!([{}]))) {
            prop_assert_ne!(judged(&matcher, &json!({"items": []})), "met");
        }
        let mut damaged = items;
        let place = place.index(damaged.len());
        damaged[place] = unreadable;
        let after = judged(&matcher, &json!({"items": damaged}));
        prop_assert!(after != "met", "{before} became {after}");
    }
}
