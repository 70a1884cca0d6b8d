//! Values that authors may spell in more than one way.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value},
};
use serde_json::Value;

/// A constant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("type" = ["string", "number", "boolean"]))]
pub(super) struct Scalar(#[expect(dead_code, reason = "see Document::vars")] Value);

/// `requirements`: a list, or client → list.
#[derive(Debug)]
pub(super) enum Evidence {
    ForAll(Vec<String>),
    PerClient(BTreeMap<String, Vec<String>>),
}

/// A length of time, or one with a number of observations.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) length: String,
    pub(super) samples: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SampledSpan {
    #[serde(rename = "for")]
    length: String,
    samples: u32,
}

/// How an expected value may be spelled: a scalar, `"<= 30d"`, a list (any of), bounds, or an expectation on a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum MatcherShape {
    Scalar(Scalar),
    AnyOf(Vec<Scalar>),
    Between(BetweenShape),
    Contains(ContainsShape),
    Exactly(ExactlyShape),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct BetweenShape {
    min: Option<Scalar>,
    max: Option<Scalar>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ContainsShape {
    contains: Value,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ExactlyShape {
    exactly: Vec<Scalar>,
}

/// Either spelling of [`Evidence`].
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum EvidenceShape {
    ForAll(Vec<String>),
    PerClient(BTreeMap<String, Vec<String>>),
}

/// Either spelling of [`Span`].
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum SpanShape {
    Length(String),
    Sampled(SampledSpan),
}

/// Gives a type with two spellings the schema of its shape.
macro_rules! schema_of_shape {
    ($spelled:ty, $shape:ty) => {
        impl JsonSchema for $spelled {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$shape>::schema_name()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
                <$shape>::json_schema(generator)
            }
        }
    };
}

schema_of_shape!(Evidence, EvidenceShape);
schema_of_shape!(Span, SpanShape);

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EvidenceVisitor;

        impl<'de> Visitor<'de> for EvidenceVisitor {
            type Value = Evidence;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of requirement ids, or client names with lists of them")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Evidence, A::Error> {
                Deserialize::deserialize(value::SeqAccessDeserializer::new(list)).map(Evidence::ForAll)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Evidence, A::Error> {
                Deserialize::deserialize(value::MapAccessDeserializer::new(map)).map(Evidence::PerClient)
            }
        }

        deserializer.deserialize_any(EvidenceVisitor)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;

        impl<'de> Visitor<'de> for SpanVisitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 30s, or {for: 30s, samples: 20}")
            }

            fn visit_str<E>(self, length: &str) -> Result<Span, E> {
                Ok(Span { length: length.to_owned(), samples: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Span, A::Error> {
                let sampled = SampledSpan::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(Span { length: sampled.length, samples: Some(sampled.samples) })
            }
        }

        deserializer.deserialize_any(SpanVisitor)
    }
}
