//! From a [`Node`] to a typed value; the node that does not fit is blamed.

use std::fmt;

use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    node::{Content, Node},
    place::Place,
    problem::Problem,
    rule::Rule,
    suggest::nearest,
};

/// # Errors
/// When the node has not the shape of `T`: the innermost place that does not fit, and the nearest valid word.
pub fn decode<'de, T: Deserialize<'de>>(node: &'de Node) -> Result<T, Box<Problem>> {
    T::deserialize(Reader(node)).map_err(|decode_error| Box::new(decode_error.into_problem(node.place)))
}

/// Why a node does not fit, before and after its place is known.
#[derive(Debug)]
struct DecodeError {
    rule: Rule,
    message: String,
    help: Option<String>,
    place: Option<Place>,
}

impl DecodeError {
    fn plain(rule: Rule, message: String) -> Self {
        Self { rule, message, help: None, place: None }
    }

    fn unknown(rule: Rule, what: &str, word: &str, known: &'static [&'static str]) -> Self {
        let help = match nearest(word, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        Self { rule, message: format!("unknown {what} `{word}`"), help: Some(help), place: None }
    }

    /// The innermost place wins: it is set first.
    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    fn into_problem(self, fallback: Place) -> Problem {
        let problem = Problem::new(self.rule, self.place.unwrap_or(fallback), self.message);
        match self.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// How other languages spell a script.
const SCRIPTS: [&str; 4] = ["run", "script", "sh", "shell"];

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::plain(Rule::Shape, message.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        if SCRIPTS.contains(&field) {
            let help =
                "observe with a verb: `get`, `probe`, `promql`, `svid` …; what none of them observes needs a new verb";
            let message = format!("`{field}`: scenarios run no scripts, because their output would be taken for proof");
            return Self { rule: Rule::Script, message, help: Some(help.to_owned()), place: None };
        }
        if field == "sleep" {
            let help = "write how long the world may take: `eventually: 30s` at the step that observes";
            let message = "scenarios do not sleep".to_owned();
            return Self { rule: Rule::Sleep, message, help: Some(help.to_owned()), place: None };
        }
        Self::unknown(Rule::UnknownKey, "key", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown(Rule::UnknownWord, "word", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::plain(Rule::MissingKey, format!("the key `{field}` is missing here"))
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match unexpected {
            de::Unexpected::Unit | de::Unexpected::Option => "nothing".to_owned(),
            de::Unexpected::Seq => "a list".to_owned(),
            de::Unexpected::Map => "a mapping".to_owned(),
            de::Unexpected::Str(text) => format!("the text `{text}`"),
            other => other.to_string(),
        };
        let expected = plain(&expected.to_string());
        let help = (expected.contains("string")
            && matches!(
                unexpected,
                de::Unexpected::Bool(_)
                    | de::Unexpected::Unsigned(_)
                    | de::Unexpected::Signed(_)
                    | de::Unexpected::Float(_)
            ))
        .then(|| "put it in quotes".to_owned());
        Self { rule: Rule::Shape, message: format!("expected {expected}, found {found}"), help, place: None }
    }
}

/// Serde's name of a kind in the words of a file.
fn plain(expected: &str) -> String {
    match expected {
        "a map" => "a mapping",
        "a sequence" => "a list",
        "u32" => "a whole number",
        other if other.starts_with("struct ") => "a mapping",
        other => other,
    }
    .to_owned()
}

/// Serde's view of a node.
struct Reader<'de>(&'de Node);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let outcome = match &self.0.content {
            Content::Bool(value) => visitor.visit_bool(*value),
            Content::List(items) => visitor.visit_seq(List { rest: items.iter() }),
            Content::Map(entries) => visitor.visit_map(Map { rest: entries.iter(), value: None }),
            Content::Null => visitor.visit_unit(),
            Content::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(de::Error::custom("the number has no usable size")),
            },
            Content::Text(text) => visitor.visit_borrowed_str(text),
        };
        outcome.map_err(|decode_error| decode_error.at(self.0.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.content {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let outcome = match &self.0.content {
            Content::Text(text) => visitor.visit_enum(Word(text)),
            _ => Err(DecodeError::plain(Rule::Shape, format!("expected one word, found {}", self.0.describe()))),
        };
        outcome.map_err(|decode_error| decode_error.at(self.0.place))
    }

    /// Derived code would read a list as the values of the keys in their order; no file is meant so.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.0.content {
            Content::List(_) => {
                Err(DecodeError::plain(Rule::Shape, "expected a mapping, found a list".to_owned()).at(self.0.place))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct List<'de> {
    rest: std::slice::Iter<'de, Node>,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Reader(item)).map(Some).map_err(|decode_error| decode_error.at(item.place))
    }
}

struct Map<'de> {
    rest: std::slice::Iter<'de, (super::node::Key, Node)>,
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Map<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let text: StrDeserializer<'_, DecodeError> = key.text.as_str().into_deserializer();
        seed.deserialize(text).map(Some).map_err(|decode_error| decode_error.at(key.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        // Serde asks for a value only after a key.
        let Some(value) = self.value.take() else { return Err(de::Error::custom("a key has no value")) };
        seed.deserialize(Reader(value)).map_err(|decode_error| decode_error.at(value.place))
    }
}

/// A scalar read as an enum variant.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let text: StrDeserializer<'_, DecodeError> = self.0.into_deserializer();
        Ok((seed.deserialize(text)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DecodeError> {
        Err(self.bare())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        Err(self.bare())
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, DecodeError> {
        Err(self.bare())
    }
}

impl Word<'_> {
    fn bare(&self) -> DecodeError {
        DecodeError::plain(Rule::Shape, format!("`{}` needs more than its name", self.0))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusal of a value is looked at")]
    struct Sample {
        count: u32,
        names: Vec<String>,
    }

    #[test]
    fn what_does_not_fit_is_named_in_the_words_of_the_file() {
        let rows = [
            ("", 1, "expected a mapping, found nothing"),
            ("[a]", 1, "expected a mapping, found a list"),
            ("count: many\nnames: []", 1, "expected a whole number, found the text `many`"),
            ("count: 1\nnames:\n- a\n- 7", 4, "expected a string, found integer `7`"),
            ("count: 1\nnames: a", 2, "expected a list, found the text `a`"),
            ("count: 1\nnames: []\nname: a", 3, "unknown key `name`"),
            ("count: 1", 1, "the key `names` is missing here"),
        ];
        for (text, line, message) in rows {
            let problem = decode::<Sample>(&Node::parse(text).unwrap()).unwrap_err();
            assert_eq!((problem.place.line, problem.message.as_str()), (line, message), "{text}");
        }
    }
}
