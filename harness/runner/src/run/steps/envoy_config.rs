//! `envoy-config`: the configuration that the control plane pushed to a sidecar, compared with the declared policies.

use mtls_core::scenario::{model::Step, verbs::envoy_config::EnvoyConfigSpec};
use serde_json::json;

use super::{Execute, Unjudged, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for EnvoyConfigSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, request: &EnvoyConfigSpec) -> Result<Observation, StepError> {
    let server = context.member(&request.of)?;
    let pushed = context.world.pushed_config(server).await.map_err(|error| StepError::of(&error))?;
    let evidence = context.store(pushed.listener.to_string().as_bytes(), "application/json");
    Ok(Observation { facts: json!({"drift": pushed.drift, "ports": pushed.ports}), source: "proxy-config", evidence })
}
