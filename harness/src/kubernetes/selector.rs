//! Objects by their labels, as an API server would choose them, for worlds that have none.
//!
//! Input: a selector that was read already, and an object. The matching is the client library's.

use std::collections::BTreeMap;

use kube::{
    api::DynamicObject,
    core::{Expression, Selector, SelectorExt},
};

use crate::scenario::selector::{LabelSelector, Requirement};

/// Whether the object's labels meet every requirement.
pub fn selects(selector: &LabelSelector, object: &DynamicObject) -> bool {
    let none = BTreeMap::new();
    let selector: Selector = selector.0.iter().cloned().map(expression).collect();
    selector.matches(object.metadata.labels.as_ref().unwrap_or(&none))
}

fn expression(requirement: Requirement) -> Expression {
    match requirement {
        Requirement::DoesNotExist(key) => Expression::DoesNotExist(key),
        Requirement::Equal(key, value) => Expression::Equal(key, value),
        Requirement::Exists(key) => Expression::Exists(key),
        Requirement::In(key, values) => Expression::In(key, values.into_iter().collect()),
        Requirement::NotEqual(key, value) => Expression::NotEqual(key, value),
        Requirement::NotIn(key, values) => Expression::NotIn(key, values.into_iter().collect()),
    }
}
