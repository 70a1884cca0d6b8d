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
pub(super) struct Demands<'a> {
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
pub(super) fn filtered(path: &str, filter: &Expectations, then: &Demands<'_>, all: &[Element<'_>]) -> Vec<Mismatch> {
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
    match then.count {
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
    if let Some(every) = then.every {
        for (key, element) in &left {
            let at = join(path, key);
            let missed = every.mismatches(element).into_iter();
            mismatches.extend(missed.map(|missed| Mismatch { path: join(&at, &missed.path), ..missed }));
        }
    }
    if let Some(demands) = then.none
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
mod tests;
