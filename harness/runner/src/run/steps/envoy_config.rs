//! `envoy-config`: the configuration that the control plane pushed to a sidecar, compared with the declared policies.

use mtls_core::scenario::model::EnvoyConfig;
use serde_json::json;

use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

pub(crate) async fn observe(context: &Context<'_>, request: &EnvoyConfig) -> Result<Observation, StepError> {
    let server = context.member(&request.of)?;
    let pushed = context.world.pushed_config(server).await.map_err(|error| StepError::of(&error))?;
    let evidence = context.store(pushed.listener.to_string().as_bytes(), "application/json");
    Ok(Observation { facts: json!({"drift": pushed.drift, "ports": pushed.ports}), source: "proxy-config", evidence })
}
