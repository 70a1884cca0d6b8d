//! Demands on the elements of a list (or the members of an object): `none`, and `where` with what must hold of the elements
//! that it leaves.
//!
//! Unlike a path of the facts, an element has three answers to a demand: it meets it, it does not, or it cannot be compared
//! with it. An element without the path does not meet the demand: it was read whole. Where nothing was there to look at (no
//! list, an empty one, no element left by `where`), or what decides could not be compared, the mismatch is undecided: such a
//! check is `vacuous`, never passed.

use serde_json::{Map, Value};

use crate::expectation::{
    Expectation, Expectations, Matcher, Mismatch,
    matching::path::{join, lookup},
};

/// An element with its index or key.
pub(super) type Element<'a> = (String, &'a Value);

/// What `where` demands of the elements that its filter leaves.
pub(super) struct Wanted<'a> {
    pub(super) every: Option<&'a Expectations>,
    pub(super) none: Option<&'a Expectations>,
    pub(super) count: Option<&'a Matcher>,
}

enum Fit {
    Met,
    Unmet,
    /// Why it cannot be said.
    Undecided(String),
}

/// The elements of a list or the members of an object; `None` for a value that has none.
pub(super) fn of(value: &Value) -> Option<Vec<Element<'_>>> {
    match value {
        Value::Array(items) => Some(items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()),
        Value::Object(members) => Some(members.iter().map(|(key, member)| (key.clone(), member)).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// There is no list at the path, so there was nothing to look at.
pub(super) fn none_there(path: &str, about: &Expectations, observed: Option<&Value>) -> Mismatch {
    let why = if observed.is_some() { "it has no elements" } else { "it is absent" };
    undecided(path, about, observed.cloned(), why.to_owned())
}

/// The elements that meet the demands, although none may.
pub(super) fn none(path: &str, demands: &Expectations, all: &[Element<'_>]) -> Vec<Mismatch> {
    if all.is_empty() {
        return vec![undecided(path, demands, None, "it is empty, so no element was looked at".to_owned())];
    }
    let found = all.iter().filter_map(|(key, element)| {
        let at = join(path, key);
        match meets(element, demands) {
            Fit::Unmet => None,
            Fit::Met => Some(Mismatch {
                path: at,
                expected: format!("no element with {{{demands}}}"),
                observed: Some(brief(element, demands)),
                undecided: None,
            }),
            Fit::Undecided(why) => Some(undecided(&at, demands, Some(brief(element, demands)), why)),
        }
    });
    found.collect()
}

/// What the elements that meet the filter miss.
pub(super) fn filtered(path: &str, filter: &Expectations, wanted: &Wanted<'_>, all: &[Element<'_>]) -> Vec<Mismatch> {
    let mut left: Vec<Element<'_>> = Vec::new();
    let mut mismatches = Vec::new();
    for (key, element) in all {
        match meets(element, filter) {
            Fit::Met => left.push((key.clone(), element)),
            Fit::Unmet => {}
            Fit::Undecided(why) => {
                mismatches.push(undecided(&join(path, key), filter, Some(brief(element, filter)), why));
            }
        }
    }
    let complete = mismatches.is_empty();
    match wanted.count {
        // How many there are is not known.
        Some(_) if !complete => {}
        Some(count) => {
            let number = Value::from(left.len());
            if !count.accepts(Some(&number)) {
                let expected = format!("{count} elements with {{{filter}}}");
                mismatches.push(Mismatch { path: join(path, "#"), expected, observed: Some(number), undecided: None });
            }
        }
        None if left.is_empty() => {
            let why = format!("none of {} elements has it, so none was looked at", all.len());
            mismatches.push(undecided(path, filter, None, why));
        }
        None => {}
    }
    if let Some(every) = wanted.every {
        for (key, element) in &left {
            let at = join(path, key);
            let missed = every.mismatches(element).into_iter();
            mismatches.extend(missed.map(|missed| Mismatch { path: join(&at, &missed.path), ..missed }));
        }
    }
    if let Some(demands) = wanted.none
        && !left.is_empty()
    {
        mismatches.extend(none(path, demands, &left));
    }
    mismatches
}

fn undecided(path: &str, demands: &Expectations, observed: Option<Value>, why: String) -> Mismatch {
    let expected = format!("elements to compare with {{{demands}}}");
    Mismatch { path: path.to_owned(), expected, observed, undecided: Some(why) }
}

/// Whether an element meets all demands. One that it decidedly misses outweighs those that cannot be compared.
fn meets(element: &Value, demands: &Expectations) -> Fit {
    let mut unclear = None;
    for fit in demands.0.iter().flat_map(|demand| fits(element, demand)) {
        match fit {
            Fit::Met => {}
            Fit::Unmet => return Fit::Unmet,
            Fit::Undecided(why) => unclear = unclear.or(Some(why)),
        }
    }
    unclear.map_or(Fit::Met, Fit::Undecided)
}

fn fits(element: &Value, Expectation { path, matcher }: &Expectation) -> Vec<Fit> {
    if element.is_null() {
        return vec![Fit::Undecided("it is null".to_owned())];
    }
    if !path.is_empty() && of(element).is_none() {
        return vec![Fit::Undecided(format!("it has no fields, so no `{path}`"))];
    }
    let found = lookup(element, path);
    if found.is_empty() {
        return vec![Fit::Undecided(format!("its `{path}` leads to no element"))];
    }
    found.iter().map(|found| fit(matcher, &found.path, found.value.as_deref())).collect()
}

fn fit(matcher: &Matcher, path: &str, observed: Option<&Value>) -> Fit {
    let Some(value) = observed else { return if matcher.accepts(None) { Fit::Met } else { Fit::Unmet } };
    if !matcher.reads(value) {
        return Fit::Undecided(format!("{value} does not compare with {matcher}"));
    }
    let mismatches = matcher.mismatches(path, observed);
    if mismatches.iter().any(|mismatch| mismatch.undecided.is_none()) {
        return Fit::Unmet;
    }
    mismatches.into_iter().find_map(|mismatch| mismatch.undecided).map_or(Fit::Met, Fit::Undecided)
}

/// An element in a message: its name, and what it has at the paths of the demands.
fn brief(element: &Value, demands: &Expectations) -> Value {
    if demands.0.iter().any(|demand| demand.path.is_empty()) {
        return element.clone();
    }
    let names = ["name", "metadata.name"];
    let paths = names.into_iter().chain(demands.0.iter().map(|demand| demand.path.as_str()));
    let found = paths.flat_map(|path| lookup(element, path));
    let fields: Map<String, Value> = found.filter_map(|found| Some((found.path, found.value?.into_owned()))).collect();
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            judged(&those_with_a_mode(strict(), Some(json!(0))), &json!({})),
            "items is undecided: it is absent"
        );
    }

    #[test]
    fn parts_of_an_element_are_asked_about_one_by_one() {
        let no_open_port = Matcher::NoElement { demands: demand("ports", some_port("OPEN")) };
        let ports =
            |second: &str| json!({"items": [{}, {"ports": {"80": {"mode": "STRICT"}, "90": {"mode": second}}}]});
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
}
