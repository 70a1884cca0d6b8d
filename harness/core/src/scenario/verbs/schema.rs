//! The schema of a step, for editors: one branch per verb, each with the keys that go with the verb and the facts that it has.
//!
//! It is stricter than the decoder, which reads a key wherever it stands so that the linter can say what is wrong with it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{About, Deviates, Quantifiers, Verb, Words};
use crate::scenario::spelling::{Evidence, MatcherShape, Span};

/// A step with this verb, whose parameters have the given schema.
pub(super) fn branch(name: &str, about: &About, parameters: &Schema, generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    let mut allow = |key: &str, description: &str, schema: Schema| {
        let mut schema = schema.to_value();
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("description".to_owned(), json!(description));
        }
        properties.insert(key.to_owned(), schema);
    };
    let text = generator.subschema_for::<String>();
    allow("id", "Required on judged steps: part of the check's id, stable for years.", text.clone());
    allow("description", "What happens, for people.", text.clone());
    allow("timeout", "Longest wall time of the step, default `60s`.", text);
    allow(name, about.does, parameters.clone());
    let keys = Keys::of(about.quantifiers);
    if keys.judged {
        let says =
            "Requirement ids this step is evidence for; for a probe also `client`, `client.port` or `*.port` → ids.";
        allow("requirements", says, generator.subschema_for::<Evidence>());
    }
    if keys.expects {
        allow("expect", "Path into the facts → matcher.", facts(about.facts.words, generator));
    }
    if keys.deviates {
        let says = "What is known to be observed instead, in a grid.";
        allow("deviates", says, generator.subschema_for::<Deviates>());
    }
    for word in about.quantifiers.words() {
        allow(word, meaning(word), generator.subschema_for::<Span>());
    }
    json_schema!({
        "title": name,
        "type": "object",
        "properties": properties,
        "required": [name],
        "additionalProperties": false,
    })
}

/// Which keys of a step go with its verb.
#[derive(Clone, Copy)]
struct Keys {
    judged: bool,
    expects: bool,
    deviates: bool,
}

impl Keys {
    /// Only what observes may carry a quantifier, and is judged. Cells say for themselves what they expect.
    fn of(quantifiers: Quantifiers) -> Self {
        match quantifiers {
            Quantifiers::All => Self { judged: true, expects: true, deviates: false },
            Quantifiers::OneRound => Self { judged: true, expects: false, deviates: true },
            Quantifiers::UntilItHolds => Self { judged: false, expects: true, deviates: false },
            Quantifiers::Once => Self { judged: true, expects: false, deviates: false },
            Quantifiers::None => Self { judged: false, expects: false, deviates: false },
        }
    }
}

fn meaning(quantifier: &str) -> &'static str {
    match quantifier {
        "eventually" => "Must hold 3 times in a row before this long has passed.",
        "always" => "Must hold at every observation for this long.",
        _ => "Must hold at no observation for this long.",
    }
}

/// Expectations of the facts of a verb that stand among its parameters.
pub(super) fn demands<V: Verb>(generator: &mut SchemaGenerator) -> Schema {
    facts(V::ABOUT.facts.words, generator)
}

/// Words for expectations of the facts of a verb.
pub(super) fn legend<V: Verb>(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "additionalProperties": demands::<V>(generator)})
}

/// Expectations of facts with these words. A path goes on behind a dot as far as the fact does.
fn facts(words: Words, generator: &mut SchemaGenerator) -> Schema {
    match words {
        Words::None | Words::Any => BTreeMap::<String, MatcherShape>::json_schema(generator),
        Words::Of(words) => {
            let matcher = generator.subschema_for::<MatcherShape>();
            let known: Map<String, Value> =
                words.iter().map(|word| ((*word).to_owned(), matcher.clone().to_value())).collect();
            let deeper = format!("^({})\\.", words.join("|"));
            json_schema!({
                "type": "object",
                "properties": known,
                "patternProperties": {deeper: matcher},
                "additionalProperties": false,
            })
        }
    }
}
