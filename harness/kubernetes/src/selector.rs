//! Matches label selectors as an API server does, for worlds without one.
//!
//! Input: a parsed selector and an object. The client library does the matching.

use std::collections::BTreeMap;

use kube::{
    api::DynamicObject,
    core::{Expression, Selector, SelectorExt},
};
use mtls_core::scenario::selector::{LabelSelector, Requirement};

/// Whether the labels of the object meet every requirement of the selector.
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
