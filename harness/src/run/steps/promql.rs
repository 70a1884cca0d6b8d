//! `promql`: an instant query.

use serde_json::{Value, json};

use crate::{
    run::context::{Context, Look, Trouble},
    scenario::model::Promql,
    stack::monitoring,
};

pub(crate) async fn look(context: &Context<'_>, promql: &Promql) -> Result<Look, Trouble> {
    let result = monitoring::query(context.world.kube().map_err(|error| Trouble::of(&error))?, &promql.query)
        .await
        .map_err(|error| Trouble::of(&error))?;
    let values: Vec<Value> = result.iter().filter_map(|series| series["value"][1].as_str()).map(number).collect();
    let mut facts = json!({"query": promql.query, "series": result.len(), "values": values});
    if let Some(first) = values.first() {
        facts["value"] = first.clone();
    }
    let evidence = context.recorder.put(json!(result).to_string().as_bytes(), "application/json");
    Ok(Look { facts, source: "prometheus", evidence })
}

/// Prometheus writes numbers as text; `NaN` and `+Inf` stay text.
fn number(text: &str) -> Value {
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(|| json!(text), Value::Number)
}
