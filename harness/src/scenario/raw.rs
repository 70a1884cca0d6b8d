//! The document as authors write it, before names are resolved. Editors get their schema from here.
//!
//! Shape only: what the words mean is [`super::resolve`]'s business.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, schema_for};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value},
};
use serde_json::Value;

use super::model::{
    Alert, Apply, CastMember, Column, Get, Inspect, Isolation, ObjectReference, Patch, Promql, Rotate, SvidRequest, Traffic,
};

/// JSON Schema of a scenario file, for editors and for `scenarios/schema.json`.
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// [`schema`] as `scenarios/schema.json` holds it.
pub fn schema_text() -> String {
    // A schema is plain JSON: writing it into a string cannot fail.
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text + "\n"
}

/// A mutual TLS scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Scenario")]
pub(super) struct Document {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    pub(super) api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    pub(super) kind: Kind,
    pub(super) metadata: Metadata,
    /// Every requirement that some step names in `req`, and no other.
    pub(super) proves: Vec<String>,
    pub(super) needs: Needs,
    pub(super) isolation: Isolation,
    /// Constants, used as `${name}`.
    #[serde(default)]
    #[expect(dead_code, reason = "filled into the text before it is decoded")]
    pub(super) vars: BTreeMap<String, Scalar>,
    /// Who plays; `${name.spiffe}` and `${name.namespace}` may be used in steps.
    #[serde(default)]
    pub(super) cast: BTreeMap<String, CastMember>,
    /// A failure here makes the scenario `broken`, never `fail`.
    #[serde(default)]
    pub(super) setup: Vec<Step>,
    /// The story: what is judged.
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    /// Runs whatever happened before.
    #[serde(default)]
    pub(super) finally: Vec<Step>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) enum ApiVersion {
    #[serde(rename = "mtls-e2e/v1alpha1")]
    V1Alpha1,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) enum Kind {
    Scenario,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    /// Path under `scenarios/` without suffix: `strict/enforcement-grid`.
    pub(super) id: String,
    /// The claim, in one sentence a release manager understands.
    pub(super) title: String,
    #[serde(default)]
    pub(super) says: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) owner: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Needs {
    /// What the world must have: kubernetes, cert-manager, spire, istio, prometheus, alertmanager.
    pub(super) features: Vec<String>,
    /// Longest wall time, such as `5m`.
    pub(super) budget: String,
}

/// One step: exactly one verb.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Required on judged steps: part of the check's id, stable for years.
    pub(super) id: Option<String>,
    /// What happens, for people.
    pub(super) says: Option<String>,

    pub(super) alert: Option<Alert>,
    pub(super) apply: Option<Apply>,
    #[serde(rename = "break")]
    pub(super) break_: Option<Break>,
    pub(super) delete: Option<ObjectReference>,
    pub(super) get: Option<Get>,
    /// Id of the `break` step to undo.
    pub(super) heal: Option<String>,
    pub(super) inspect: Option<Inspect>,
    pub(super) patch: Option<Patch>,
    pub(super) probe: Option<Probe>,
    pub(super) promql: Option<Promql>,
    pub(super) rotate: Option<Rotate>,
    pub(super) svid: Option<SvidRequest>,
    pub(super) traffic: Option<Traffic>,
    pub(super) wait: Option<Get>,

    /// Requirement ids this step is evidence for; for a probe also `row`, `row.column` or `*.column` → ids.
    pub(super) req: Option<Evidence>,
    /// Path into the facts → matcher.
    #[schemars(with = "Option<BTreeMap<String, MatcherShape>>")]
    pub(super) expect: Option<BTreeMap<String, Value>>,
    /// Must hold 3 times in a row before this long has passed.
    pub(super) eventually: Option<Span>,
    /// Must hold at every look for this long.
    pub(super) always: Option<Span>,
    /// Must hold at no look for this long.
    pub(super) never: Option<Span>,
    /// Longest wall time of the step, default `60s`.
    pub(super) timeout: Option<String>,
}

/// A handshake grid: every row's client against every column's port of one server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    /// Cast member that plays the server.
    pub(super) to: String,
    pub(super) columns: Vec<Column>,
    /// Client cast member → one legend word per column.
    pub(super) rows: BTreeMap<String, Vec<String>>,
    /// Legend word → what every attempt of such a cell must show.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, MatcherShape>>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    pub(super) legend: BTreeMap<String, BTreeMap<String, Value>>,
    /// Attempts per cell, default 5.
    pub(super) attempts: Option<u32>,
}

/// A fault and the proof that it is live.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Break {
    #[serde(rename = "do")]
    pub(super) steps: Vec<Step>,
    pub(super) confirm: Box<Step>,
}

/// A constant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("type" = ["string", "number", "boolean"]))]
pub(super) struct Scalar(#[expect(dead_code, reason = "see Document::vars")] Value);

/// `req`: a list, or row → list.
#[derive(Debug)]
pub(super) enum Evidence {
    ForAll(Vec<String>),
    PerRow(BTreeMap<String, Vec<String>>),
}

/// A length of time, or one with a number of looks.
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

/// How an expected value may be spelled: a scalar, `"<= 30d"`, a list (any of), bounds, or a demand on a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum MatcherShape {
    Scalar(Scalar),
    AnyOf(Vec<Scalar>),
    Between(BetweenShape),
    Contains(ContainsShape),
    Exactly(ExactlyShape),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct BetweenShape {
    min: Option<Scalar>,
    max: Option<Scalar>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct ContainsShape {
    contains: Value,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct ExactlyShape {
    exactly: Vec<Scalar>,
}

/// Either spelling of [`Evidence`].
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum EvidenceShape {
    ForAll(Vec<String>),
    PerRow(BTreeMap<String, Vec<String>>),
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
                f.write_str("a list of requirement ids, or row names with lists of them")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Evidence, A::Error> {
                Deserialize::deserialize(value::SeqAccessDeserializer::new(list)).map(Evidence::ForAll)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Evidence, A::Error> {
                Deserialize::deserialize(value::MapAccessDeserializer::new(map)).map(Evidence::PerRow)
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
