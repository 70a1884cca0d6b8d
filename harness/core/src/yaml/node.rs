//! The tree of a YAML document, with a place on every node and key.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};
use serde_saphyr::Spanned;

use super::{place::Place, problem::Problem, rule::Rule};

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Bool(bool),
    List(Vec<Node>),
    /// In the order of the file; the parser has refused duplicate keys.
    Map(Vec<(Key, Node)>),
    Null,
    Number(Number),
    Text(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub place: Place,
    pub text: String,
}

impl Node {
    /// # Errors
    /// When the text is not one YAML document, with the place where reading stopped.
    pub fn parse(text: &str) -> Result<Self, Box<Problem>> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            reject_unsupported_tags: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Self>(text, options) {
            Ok(node) => Ok(node),
            Err(error) => {
                let place = error.location().map_or(Place::START, Place::from);
                let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
                // The excerpt shows the place already.
                let message = message.split(" at line ").next().unwrap_or(&message);
                Err(Box::new(Problem::new(Rule::Yaml, place, format!("not readable as YAML: {message}"))))
            }
        }
    }

    /// The value of a key, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(found, _)| found.text == key).map(|(_, value)| value)
    }

    /// Takes the items of a list out of a map; the key stays behind as little as its value.
    pub fn take(&mut self, key: &str) -> Option<Vec<Self>> {
        let Content::Map(entries) = &mut self.content else { return None };
        let place =
            entries.iter().position(|(found, value)| found.text == key && matches!(value.content, Content::List(_)))?;
        match entries.remove(place).1.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The key itself, to blame it.
    pub fn key(&self, key: &str) -> Option<&Key> {
        self.entries().find(|(found, _)| found.text == key).map(|(key, _)| key)
    }

    /// The node at the end of `keys`, or the last one on the way that exists.
    pub fn nearest(&self, keys: &[&str]) -> &Self {
        let mut node = self;
        for key in keys {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Members of a map; nothing for anything else.
    pub fn entries(&self) -> impl Iterator<Item = &(Key, Self)> {
        match &self.content {
            Content::Map(entries) => entries.as_slice(),
            _ => &[],
        }
        .iter()
    }

    /// Items of a list; nothing for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same data without places.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Bool(value) => Value::Bool(*value),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map(entries) => entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect(),
            Content::Null => Value::Null,
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
        }
    }

    /// What the author wrote, in a word or two for messages.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Bool(value) => format!("`{value}`"),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a mapping".to_owned(),
            Content::Null => "nothing".to_owned(),
            Content::Number(number) => format!("the number {number}"),
            Content::Text(text) => format!("`{text}`"),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { place: referenced.into(), content: value })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a mapping with text keys")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Content, E> {
        Number::from_f64(value).map(Content::Number).ok_or_else(|| E::custom("the number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        Content::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let key = Key { place: key.referenced.into(), text: key.value };
            entries.push((key, map.next_value()?));
        }
        Ok(Content::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_value_knows_its_place() {
        let text = "a: b\nlist:\n- {x: \"ü${y}\", z: 1.5}\n- null\ntrue-ish: \"True\"\nflag: true\n";
        let node = Node::parse(text).unwrap();
        let inner = &node.get("list").unwrap().items()[0];
        let shown = |place: Place| &text[place.offset..place.offset + place.length];
        assert_eq!(shown(inner.key("z").unwrap().place), "z");
        assert_eq!(shown(inner.get("z").unwrap().place), "1.5");
        assert_eq!(shown(inner.get("x").unwrap().place), "\"ü${y}\"");
        assert_eq!(inner.get("z").unwrap().place.line, 3);
        assert_eq!(
            node.to_json(),
            serde_json::json!({"a": "b", "list": [{"x": "ü${y}", "z": 1.5}, null], "true-ish": "True", "flag": true})
        );
    }

    #[test]
    fn a_duplicate_key_is_refused_where_it_stands() {
        let problem = Node::parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(problem.place.line, 3);
        assert!(problem.message.contains("duplicate"), "{}", problem.message);
    }
}
