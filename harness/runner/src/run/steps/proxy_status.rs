//! `proxy-status`: the pods of a namespace whose sidecar istiod does not know, and those whose configuration is out of
//! date.

use std::collections::BTreeSet;

use mtls_core::scenario::{model::Step, verbs::proxy_status::ProxyStatusSpec};
use serde_json::json;

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    stack::istio,
};

impl Execute for ProxyStatusSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, request: &ProxyStatusSpec) -> Result<Observation, StepError> {
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    let pods = kube.list("v1", "Pod", Some(&request.namespace), None).await.map_err(|error| StepError::of(&error))?;
    let running =
        pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none() && pod.data["status"]["phase"] == "Running");
    let pods: BTreeSet<&str> = running.filter_map(|pod| pod.metadata.name.as_deref()).collect();
    let known = istio::proxy_status(kube, &request.namespace).await.map_err(|error| StepError::of(&error))?;
    let evidence = context.store(json!(known).to_string().as_bytes(), "application/json");
    // istiod may still know the sidecar of a terminating pod, which does not count.
    let of_pods: Vec<_> = known.iter().filter(|synced| pods.contains(synced.pod.as_str())).collect();
    let missing = pods.iter().filter(|pod| of_pods.iter().all(|synced| synced.pod != **pod)).collect::<Vec<_>>();
    let behind = of_pods.iter().filter(|synced| !synced.behind.is_empty()).collect::<Vec<_>>();
    let versions: BTreeSet<&str> = of_pods.iter().map(|synced| synced.version.as_str()).collect();
    let facts = json!({"pods": pods.len(), "missing": missing, "out-of-sync": behind, "versions": versions});
    Ok(Observation { facts, source: "kubernetes", evidence })
}
