//! From a document and its shape to the replacements that it needs.

use serde_json::{Map, Value};

use super::{
    edit::Edit,
    shape::{Field, Name, New, Shape},
};
use crate::{
    scenario::pattern::matches,
    yaml::{Content, Key, Node, Place, Problem, Rule, nearest},
};

const OLD_PORT: &str = "own-tls";
const NEW_PORT: &str = "app-mtls";

/// Replacements and complaints so far.
pub(super) struct Walk<'a> {
    text: &'a str,
    edits: Vec<Edit>,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, edits: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn end(self) -> (Vec<Edit>, Vec<Problem>) {
        (self.edits, self.problems)
    }

    /// Notes what is to be replaced in a part of the document; the part as it must be afterwards.
    pub(super) fn node(&mut self, node: &Node, shape: &'static Shape) -> Value {
        match (shape, &node.content) {
            (Shape::Fields(fields), Content::Map(entries)) => return self.fields(entries, fields),
            (Shape::List(item), Content::List(items)) => {
                return items.iter().map(|node| self.node(node, item)).collect();
            }
            (Shape::Named(name, value), Content::Map(entries)) => {
                let renamed = entries.iter().map(|(key, node)| {
                    let key = match name {
                        Name::CheckPattern => self.check_pattern(&key.text, key.place),
                        Name::Own => key.text.clone(),
                    };
                    (key, self.node(node, value))
                });
                return Value::Object(renamed.collect());
            }
            (Shape::CheckPattern, Content::Text(text)) => return self.check_pattern(text, node.place).into(),
            (Shape::Word(words), Content::Text(text)) => return self.word(text, node.place, words),
            // Content of the author; `req: [A, B]` beside `req: {row: [A]}`; a key without a value, which the linter judges.
            (Shape::Any, _) | (Shape::Named(Name::CheckPattern, Shape::Any), Content::List(_)) | (_, Content::Null) => {
            }
            (Shape::Fields(_) | Shape::Named(..), _) => self.decode_error(node, "a mapping"),
            (Shape::List(_), _) => self.decode_error(node, "a list"),
            (Shape::CheckPattern | Shape::Word(_), _) => self.decode_error(node, "one word"),
        }
        node.to_json()
    }

    fn fields(&mut self, entries: &[(Key, Node)], fields: &'static [Field]) -> Value {
        let mut renamed = Map::new();
        for (key, value) in entries {
            let Some(field) = fields.iter().find(|field| field.old == key.text) else {
                self.unknown(key, fields);
                continue;
            };
            if field.new != field.old {
                self.replace(&key.text, key.place, New::Word(field.new));
            }
            renamed.insert(field.new.to_owned(), self.node(value, &field.shape));
        }
        Value::Object(renamed)
    }

    fn unknown(&mut self, key: &Key, fields: &'static [Field]) {
        let problem = Problem::new(Rule::UnknownKey, key.place, format!("v1alpha1 has no key `{}` here", key.text));
        let known = fields.iter().map(|field| field.old);
        self.problems.push(match nearest(&key.text, known) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("remove it, or correct the file by hand"),
        });
    }

    fn decode_error(&mut self, node: &Node, expected: &str) {
        let message = format!("expected {expected}, found {}", node.describe());
        self.problems.push(Problem::new(Rule::Shape, node.place, message));
    }

    fn word(&mut self, text: &str, place: Place, words: &[(&str, New<'static>)]) -> Value {
        if text.contains("${") {
            let message = "a variable hides a word that v1alpha2 may spell otherwise";
            self.problems.push(Problem::new(Rule::Variable, place, message).help("write the value itself"));
        }
        let Some((_, new)) = words.iter().find(|(old, _)| *old == text) else { return text.into() };
        self.replace(text, place, *new);
        match new {
            New::Word(word) => (*word).into(),
            New::Bool(value) => (*value).into(),
        }
    }

    /// The port is the last part of a cell's name.
    fn check_pattern(&mut self, pattern: &str, place: Place) -> String {
        let port = pattern.rsplit('.').next().unwrap_or(pattern);
        match pattern.strip_suffix(OLD_PORT) {
            Some(cell) if cell.ends_with('.') => {
                let renamed = format!("{cell}{NEW_PORT}");
                self.replace(pattern, place, New::Word(&renamed));
                return renamed;
            }
            _ if port.contains('*') && matches(port, OLD_PORT) && !matches(port, NEW_PORT) => {
                let message = format!("`{pattern}` names the port `{OLD_PORT}`, which v1alpha2 calls `{NEW_PORT}`");
                let problem = Problem::new(Rule::UnknownWord, place, message);
                self.problems.push(problem.help("write the port in full"));
            }
            _ => {}
        }
        pattern.to_owned()
    }

    /// Replaces a key or word inside of its quotes. What an alias repeats is replaced where it is written.
    fn replace(&mut self, old: &str, place: Place, new: New<'_>) {
        let token = self.text.get(place.offset..place.offset + place.length).unwrap_or_default();
        let quoted = ["\"", "'"].iter().any(|quote| token == format!("{quote}{old}{quote}"));
        if token.starts_with('*') {
            return;
        }
        if !quoted && token != old {
            let problem = Problem::new(Rule::Shape, place, format!("`{old}` is not spelled plainly here"));
            self.problems.push(problem.help("write it without escapes and tags"));
            return;
        }
        let edit = match new {
            New::Bool(value) => Edit { offset: place.offset, length: place.length, by: value.to_string() },
            New::Word(word) => {
                Edit { offset: place.offset + usize::from(quoted), length: old.len(), by: word.to_owned() }
            }
        };
        self.edits.push(edit);
    }
}
