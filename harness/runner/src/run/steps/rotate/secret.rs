//! Watches a Secret and the `Ready` condition of its Certificate.

use std::time::{Duration, Instant};

use mtls_core::duration::milliseconds;
use mtls_core::scenario::{
    model::Step,
    verbs::rotate::{RotateSpec, Trigger},
};
use mtls_engine::wait::{Check, pause};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::Reference;
use parking_lot::Mutex;
use serde_json::json;

use super::Seen;
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        steps::inspect::{field, leaf, read},
        undo::Undo,
    },
    stack::cert_manager,
};

/// Time between two reads of the Secret; it bounds the error of `window-without-secret-ms`.
const INTERVAL: Duration = Duration::from_millis(50);

/// Limit for the first state of the Certificate.
const FIRST_STATE_LIMIT: Duration = Duration::from_secs(5);
/// Limit from the last renewal until the Certificate is Ready.
const READY_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn observe(
    context: &Context<'_>,
    step: &Step,
    rotate: &RotateSpec,
    secret: &str,
) -> Result<Observation, StepError> {
    let mut observed = Seen::default();
    note(context, secret, &mut observed).await?;
    if observed.serials.is_empty() {
        return Err(StepError(format!("{secret} does not exist before the rotation")));
    }
    let certificate = certificate_of(context, secret).await?;
    let Some(certificate) = &certificate else {
        return watch_secret(context, step, rotate, secret, observed, None).await;
    };
    let history = Mutex::new(Vec::new());
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    // The select below ends this watch together with that of the Secret.
    let watch = kube.wait_object::<()>(certificate, "watched", step.timeout * 2, |object| {
        let ready = object.map_or_else(|| ("absent".to_owned(), String::new()), readiness);
        let mut history = history.lock();
        if history.last() != Some(&ready) {
            history.push(ready);
        }
        Check::NotYet("the watch goes on".to_owned())
    });
    tokio::select! {
        observation = watch_secret(context, step, rotate, secret, observed, Some((certificate, &history))) => observation,
        ended = watch => Err(ended.map_or_else(|error| StepError::of(&error), |()| StepError("the watch ended".to_owned()))),
    }
}

/// The successive states of a Certificate: status and reason of its `Ready` condition.
type ReadyHistory = Mutex<Vec<(String, String)>>;

/// Waits until a Certificate has had at least `states` states and is Ready, for at most `limit`.
async fn until_ready(history: Option<&ReadyHistory>, states: usize, limit: Duration) {
    let Some(history) = history else { return };
    let started = Instant::now();
    let ready = || {
        let history = history.lock();
        history.len() >= states && history.last().is_some_and(|(status, _)| status == "True")
    };
    while !ready() && started.elapsed() < limit {
        pause(INTERVAL).await;
    }
}

async fn watch_secret(
    context: &Context<'_>,
    step: &Step,
    rotate: &RotateSpec,
    secret: &str,
    mut observed: Seen,
    certificate: Option<(&Reference, &ReadyHistory)>,
) -> Result<Observation, StepError> {
    let history = certificate.map(|(_, history)| history);
    until_ready(history, 1, FIRST_STATE_LIMIT).await;
    // The history starts with the present state; earlier states do not belong to the rotation.
    if let Some(history) = history {
        let mut history = history.lock();
        let earlier = history.len().saturating_sub(1);
        history.drain(..earlier);
    }
    if rotate.trigger != Trigger::Natural {
        context.will_undo(&step.id, Undo::SelfHealing(format!("Secret {secret}"))).await?;
    }
    trigger(context, rotate.trigger, secret, certificate.map(|(certificate, _)| certificate)).await?;
    let mut without = Duration::ZERO;
    let started = Instant::now();
    let mut before = Instant::now();
    let times = usize::try_from(rotate.times).unwrap_or(usize::MAX);
    // Ends half a second before the timeout of the step, so that the observations are reported and not lost.
    while observed.serials.len() <= times && started.elapsed() + Duration::from_millis(500) < step.timeout {
        pause(INTERVAL).await;
        let exists = note(context, secret, &mut observed).await?;
        if !exists {
            without += before.elapsed();
        }
        before = Instant::now();
    }
    let left = step.timeout.saturating_sub(started.elapsed() + Duration::from_millis(300));
    // After a deletion the Certificate is not Ready and then Ready again; its status may follow the new Secret.
    let states = if rotate.trigger == Trigger::DeleteSecret { 3 } else { 1 };
    until_ready(history, states, left.min(READY_LIMIT)).await;
    let mut facts = observed.facts(started.elapsed());
    facts["window-without-secret-ms"] = json!(milliseconds(without));
    if let Some(history) = history {
        let history = history.lock();
        let (ready, reasons): (Vec<_>, Vec<_>) = history.iter().cloned().unzip();
        facts["certificate"] = json!({"last": ready.last(), "ready": ready, "reasons": reasons});
    }
    Ok(Observation { facts, source: "kubernetes", evidence: observed.evidence(context) })
}

/// Triggers the renewal, unless it happens by itself.
async fn trigger(
    context: &Context<'_>,
    trigger: Trigger,
    secret: &str,
    certificate: Option<&Reference>,
) -> Result<(), StepError> {
    match trigger {
        Trigger::DeleteSecret => {
            let (namespace, name) = secret.split_once('/').unwrap_or_default();
            let reference = Reference::new("v1", "Secret", Some(namespace), name);
            context.world.delete(&reference).await.map_err(|error| StepError::of(&error))
        }
        Trigger::Renew => {
            let certificate =
                certificate.ok_or_else(|| StepError(format!("{secret} names no Certificate to renew")))?;
            let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
            cert_manager::renew(kube, certificate).await.map_err(|error| StepError::of(&error))
        }
        Trigger::Natural | Trigger::NextAuthority | Trigger::Reissue => Ok(()),
    }
}

/// The Certificate that the annotations of a Secret name.
async fn certificate_of(context: &Context<'_>, secret: &str) -> Result<Option<Reference>, StepError> {
    let object = read(context, secret).await?;
    let name = object.and_then(|object| cert_manager::certificate_name(&object).map(str::to_owned));
    let namespace = secret.split_once('/').map(|(namespace, _)| namespace);
    Ok(name.map(|name| cert_manager::certificate(namespace, &name)))
}

fn readiness(certificate: &DynamicObject) -> (String, String) {
    let conditions = certificate.data["status"]["conditions"].as_array();
    let ready = conditions.and_then(|list| list.iter().find(|condition| condition["type"] == "Ready"));
    let word = |key: &str| ready.and_then(|ready| ready[key].as_str()).unwrap_or("absent").to_owned();
    (word("status"), word("reason"))
}

/// Reads the Secret once and adds a new certificate to `observed`. Returns whether the Secret holds one.
async fn note(context: &Context<'_>, name: &str, observed: &mut Seen) -> Result<bool, StepError> {
    let Some(secret) = read(context, name).await? else { return Ok(false) };
    let Ok(pem) = field(&secret, "tls.crt", name) else { return Ok(false) };
    if pem.is_empty() {
        return Ok(false);
    }
    let short = name.rsplit('/').next().unwrap_or(name);
    observed.take(context, "secret", short, &leaf(&pem, name)?)?;
    Ok(true)
}
