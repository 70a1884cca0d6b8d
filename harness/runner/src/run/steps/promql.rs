//! `promql`: an instant query to Prometheus.

use mtls_core::scenario::{model::Step, verbs::promql::PromqlSpec};
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    stack::monitoring,
};

impl Execute for PromqlSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, promql: &PromqlSpec) -> Result<Observation, StepError> {
    let result = monitoring::query(context.world.kube().map_err(|error| StepError::of(&error))?, &promql.query)
        .await
        .map_err(|error| StepError::of(&error))?;
    let values: Vec<Value> = result.iter().filter_map(|series| series["value"][1].as_str()).map(number).collect();
    let evidence = context.store(json!(result).to_string().as_bytes(), "application/json");
    Ok(Observation { facts: facts(&promql.query, &values), source: "prometheus", evidence })
}

fn facts(query: &str, values: &[Value]) -> Value {
    let mut facts = json!({"query": query, "series": values.len(), "values": values});
    if let Some(first) = values.first() {
        facts["value"] = first.clone();
    }
    if let Some(greatest) = values.iter().filter_map(Value::as_f64).max_by(f64::total_cmp) {
        facts["greatest"] = json!(greatest);
    }
    facts
}

/// A sample value, which Prometheus returns as text. `NaN` and `+Inf` stay text.
fn number(text: &str) -> Value {
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(|| json!(text), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_hold_the_first_and_the_greatest_value() {
        let found = facts("up", &["0", "0.5", "NaN"].map(number));
        assert_eq!(
            found,
            json!({"query": "up", "series": 3, "values": [0.0, 0.5, "NaN"], "value": 0.0, "greatest": 0.5})
        );
        assert_eq!(facts("up", &[]), json!({"query": "up", "series": 0, "values": []}));
    }
}
