//! `trust`: writes roots, each the `ca.crt` of a Secret, to the sources of a trust-manager Bundle or the `ca.crt` of a
//! Secret.
//!
//! It reads certificates only, no keys. It does not wait for the distribution of the Bundle: later steps observe that.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use k8s_openapi::ByteString;
use mtls_core::scenario::{model::Step, verbs::trust::TrustSpec};
use mtls_engine::wait::{Check, until};
use mtls_kubernetes::{Inverse, Reference};
use serde_json::json;

use super::{
    Execute, Unjudged,
    inspect::{field, read},
    observes_nothing,
};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        undo::Undo,
    },
    stack::trust_manager,
};

/// Limit for roots that are still being issued.
const ROOTS_LIMIT: Duration = Duration::from_secs(30);

impl Execute for TrustSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        trust(context, step, self).await
    }
}

async fn trust(context: &Context<'_>, step: &Step, trust: &TrustSpec) -> Result<(), StepError> {
    let mut bundle = Vec::new();
    for root in &trust.roots {
        let what = format!("ca.crt of {root}");
        let found = until(&what, ROOTS_LIMIT, Duration::from_millis(500), async || match read(context, root).await {
            Ok(Some(secret)) => field(&secret, "ca.crt", root).map_or_else(|why| Check::NotYet(why.0), Check::Ready),
            Ok(None) => Check::NotYet("it does not exist".to_owned()),
            Err(error) => Check::NotYet(error.0),
        });
        let mut pem = found.await.map_err(|error| StepError::of(&error))?;
        if !pem.ends_with(b"\n") {
            pem.push(b'\n');
        }
        bundle.push(pem);
    }
    let (reference, merge) = if let Some((namespace, name)) = trust.store.split_once('/') {
        let data = ByteString(bundle.concat());
        (Reference::new("v1", "Secret", Some(namespace), name), json!({"data": {"ca.crt": data}}))
    } else {
        let sources: Vec<_> = bundle.iter().map(|pem| json!({"inLine": String::from_utf8_lossy(pem)})).collect();
        (trust_manager::bundle(&trust.store), json!({"spec": {"sources": sources}}))
    };
    let before = context.world.must_get(&reference).await.map_err(|error| StepError::of(&error))?;
    context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before)))).await?;
    context.world.merge(&reference, &merge).await.map_err(|error| StepError::of(&error))?;
    let names: Vec<&str> = trust.roots.iter().filter_map(|root| root.rsplit('/').next()).collect();
    context.mark(
        "bundles",
        format!("{}: {}", reference.name, names.join(" and ")),
        Timestamp::now(),
        None,
        BTreeMap::new(),
    );
    Ok(())
}
