//! `rotate`: observes renewals of a certificate: in a watched Secret, in a repeatedly fetched SVID, or in the files of
//! a participant.

mod reissue;
mod secret;
mod svid;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use mtls_core::scenario::{model::Step, verbs::rotate::RotateSpec};
use mtls_pki::certificate_facts;
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for RotateSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        observe(context, step, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        // Without expectations no check is planned, so the observation is not recorded.
        if step.expect.0.is_empty() {
            return observe(context, step, self).await.map(|_| ());
        }
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, step: &Step, rotate: &RotateSpec) -> Result<Observation, StepError> {
    // The loader has checked that it is exactly one of the three.
    match (&rotate.secret, &rotate.svid, &rotate.of) {
        (_, Some(member), _) => svid::observe(context, step, rotate, member).await,
        (_, None, Some(member)) => reissue::observe(context, step, rotate, member).await,
        (secret, None, None) => secret::observe(context, step, rotate, secret.as_deref().unwrap_or_default()).await,
    }
}

/// The certificates of one holder that were observed over time.
#[derive(Default)]
struct Seen {
    serials: Vec<String>,
    keys: BTreeSet<String>,
    leaves: Vec<Value>,
}

impl Seen {
    /// Adds a leaf that differs from the last one, and marks it on the timeline under the name of its holder.
    fn take(&mut self, context: &Context<'_>, track: &str, name: &str, leaf: &[u8]) -> Result<(), StepError> {
        let leaf = certificate_facts(leaf).map_err(StepError)?;
        let serial = leaf["serial"].as_str().unwrap_or_default().to_owned();
        if self.serials.last() != Some(&serial) {
            let label = format!("{name} {}", &serial[..serial.len().min(8)]);
            let facts = BTreeMap::from([("not-after".to_owned(), leaf["not-after"].clone())]);
            context.mark(track, label, Timestamp::now(), None, facts);
            let key = leaf["subject-key-id"].as_str().or(leaf["fingerprint"].as_str());
            self.keys.insert(key.unwrap_or_default().to_owned());
            self.serials.push(serial);
            self.leaves.push(leaf);
        }
        Ok(())
    }

    fn evidence(&self, context: &Context<'_>) -> Vec<String> {
        context.store(json!(self.leaves).to_string().as_bytes(), "application/json")
    }

    /// The facts of all renewals. The first observed certificate is not a renewal.
    fn facts(&self, took: Duration) -> Value {
        let distinct: BTreeSet<&String> = self.serials.iter().collect();
        json!({
            "renewals": self.serials.len().saturating_sub(1),
            "serials": {"distinct": distinct.len()},
            "keys": {"distinct": self.keys.len()},
            "took": format!("{}ms", took.as_millis()),
            "leaf": self.leaves.last(),
        })
    }
}
