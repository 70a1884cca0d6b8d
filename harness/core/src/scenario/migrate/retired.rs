//! Keys and words of the old version in a document of the new one.

use super::{
    shape::{Field, New, Shape},
    tables,
};
use crate::yaml::{Content, Node, Place, Problem, Rule};

/// One problem for each, with its new name. Keys that neither version has are left to the decoder.
pub(in crate::scenario) fn retired(document: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(shape) = document.get("kind").and_then(Node::text).and_then(tables::document) {
        search(document, shape, &mut problems);
    }
    problems
}

fn search(node: &Node, shape: &'static Shape, problems: &mut Vec<Problem>) {
    match (shape, &node.content) {
        (Shape::Fields(fields), Content::Map(entries)) => {
            for (key, value) in entries {
                let is_new = |field: &&Field| field.new == key.text;
                let is_old = |field: &&Field| field.old == key.text;
                let Some(field) = fields.iter().find(is_new).or_else(|| fields.iter().find(is_old)) else { continue };
                if field.new != key.text {
                    problems.push(replaced("key", Rule::UnknownKey, &key.text, key.place, field.new));
                }
                search(value, &field.shape, problems);
            }
        }
        (Shape::List(item), Content::List(items)) => items.iter().for_each(|node| search(node, item, problems)),
        (Shape::Named(_, value), Content::Map(entries)) => {
            for (_, node) in entries {
                search(node, value, problems);
            }
        }
        (Shape::Word(words), Content::Text(text)) => {
            if let Some((_, new)) = words.iter().find(|(old, _)| old == text) {
                let new = match new {
                    New::Word(word) => (*word).to_owned(),
                    New::Bool(value) => value.to_string(),
                };
                problems.push(replaced("word", Rule::UnknownWord, text, node.place, &new));
            }
        }
        // Content of the author, or a part of the wrong kind, about which the decoder complains.
        (
            Shape::Any | Shape::CheckPattern | Shape::Fields(_) | Shape::List(_) | Shape::Named(..) | Shape::Word(_),
            _,
        ) => {}
    }
}

fn replaced(what: &str, rule: Rule, old: &str, place: Place, new: &str) -> Problem {
    Problem::new(rule, place, format!("unknown {what} `{old}`")).help(format!("v1alpha2 has `{new}` in its place"))
}
