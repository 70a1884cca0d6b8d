//! Templates: JSON in which `${name}` is replaced by text or, as a whole string, by any value.

use serde_json::{Map, Value};

use super::EnvoyError;

/// A template of `fixtures/envoy`, by its file's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

macro_rules! template {
    ($name:literal) => {
        Template { name: $name, text: include_str!(concat!("../../../../../fixtures/envoy/", $name, ".json")) }
    };
}

pub(super) const ACCESS_LOG: Template = template!("access-log");
pub(super) const BOOTSTRAP: Template = template!("bootstrap");
pub(super) const CLUSTER: Template = template!("cluster");
pub(super) const DOWNSTREAM_TLS: Template = template!("downstream-tls");
pub(super) const INBOUND_HTTP: Template = template!("inbound-http");
pub(super) const INBOUND_LISTENER: Template = template!("inbound-listener");
pub(super) const INBOUND_TCP: Template = template!("inbound-tcp");
pub(super) const OUTBOUND_HTTP: Template = template!("outbound-http");
pub(super) const OUTBOUND_LISTENER: Template = template!("outbound-listener");
pub(super) const OUTBOUND_TCP: Template = template!("outbound-tcp");
pub(super) const PROXY_LISTENER: Template = template!("proxy-listener");
pub(super) const SECRET_DEFAULT: Template = template!("secret-default");
pub(super) const SECRET_ROOTCA_CA: Template = template!("secret-rootca-ca");
pub(super) const SECRET_ROOTCA_SPIFFE: Template = template!("secret-rootca-spiffe");
pub(super) const TLS_INSPECTOR: Template = template!("tls-inspector");
pub(super) const UPSTREAM_TLS: Template = template!("upstream-tls");

impl Template {
    /// The template with every `${name}` replaced. A `null` element of a list is removed.
    ///
    /// # Errors
    ///
    /// When the template is not JSON, names a missing value, or does not use a given one.
    pub(super) fn fill(self, values: &[(&str, Value)]) -> Result<Value, EnvoyError> {
        let failed = |problem: String| EnvoyError::Template { name: self.name, problem };
        let value: Value = serde_json::from_str(self.text).map_err(|error| failed(error.to_string()))?;
        if let Some((unused, _)) = values.iter().find(|(name, _)| !self.text.contains(&format!("${{{name}}}"))) {
            return Err(failed(format!("it does not use ${{{unused}}}")));
        }
        replaced(value, values).map_err(failed)
    }
}

fn replaced(value: Value, values: &[(&str, Value)]) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => string(text, values)?,
        Value::Array(items) => {
            let items = items.into_iter().map(|item| replaced(item, values)).collect::<Result<Vec<_>, _>>()?;
            Value::Array(items.into_iter().filter(|item| !item.is_null()).collect())
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, field)| replaced(field, values).map(|field| (key, field)));
            Value::Object(fields.collect::<Result<Map<_, _>, _>>()?)
        }
        other => other,
    })
}

fn string(text: String, values: &[(&str, Value)]) -> Result<Value, String> {
    let whole = values.iter().find(|(name, _)| text == format!("${{{name}}}"));
    if let Some((_, value)) = whole {
        return Ok(value.clone());
    }
    let mut result = text;
    for (name, value) in values {
        let place = format!("${{{name}}}");
        if result.contains(&place) {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            result = result.replace(&place, &plain);
        }
    }
    if result.contains("${") { Err(format!("no value for `{result}`")) } else { Ok(Value::String(result)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SMALL: Template =
        Template { name: "small", text: r#"{"a": "${whole}", "b": "x-${part}", "c": ["${gone}", "kept"]}"# };

    #[test]
    fn values_text_and_absent_elements() {
        let filled = SMALL.fill(&[("whole", json!({"n": 1})), ("part", json!(80)), ("gone", Value::Null)]).unwrap();
        assert_eq!(filled, json!({"a": {"n": 1}, "b": "x-80", "c": ["kept"]}));
    }

    #[test]
    fn missing_and_unused_values_are_errors() {
        let missing = SMALL.fill(&[("whole", json!(1)), ("gone", Value::Null)]).unwrap_err().to_string();
        assert!(missing.contains("no value for `x-${part}`"), "{missing}");
        let unused = SMALL.fill(&[("other", json!(1))]).unwrap_err().to_string();
        assert!(unused.contains("it does not use ${other}"), "{unused}");
    }
}
