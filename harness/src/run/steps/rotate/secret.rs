//! A Secret that is watched, and what its Certificate says meanwhile.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use kube::api::DynamicObject;
use serde_json::json;

use super::Seen;
use crate::{
    kubernetes::Reference,
    run::{
        context::{Context, Observation},
        error::StepError,
        steps::inspect::{field, leaf, read},
        undo::Undo,
    },
    scenario::model::{Rotate, Step, Trigger},
    stack::cert_manager,
    wait::{Check, pause},
};

/// How often the Secret is looked at: bounds the error of `window-without-secret-ms`.
const INTERVAL: Duration = Duration::from_millis(50);

/// Until a Certificate has been heard at all.
const FIRST_WORD: Duration = Duration::from_secs(5);
/// From the last renewal until its Certificate says that it is ready.
const LAST_WORD: Duration = Duration::from_secs(10);

pub(super) async fn observe(
    context: &Context<'_>,
    step: &Step,
    rotate: &Rotate,
    secret: &str,
) -> Result<Observation, StepError> {
    let mut seen = Seen::default();
    note(context, secret, &mut seen).await?;
    if seen.serials.is_empty() {
        return Err(StepError(format!("{secret} does not exist before the rotation")));
    }
    let certificate = certificate_of(context, secret).await?;
    let Some(certificate) = &certificate else {
        return watch_secret(context, step, rotate, secret, seen, None).await;
    };
    let said = Mutex::new(Vec::new());
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    // Ends when the Secret's story does, by the select below.
    let listening = kube.wait_object::<()>(certificate, "listened to", step.timeout * 2, |object| {
        let ready = object.map_or_else(|| ("absent".to_owned(), String::new()), readiness);
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last() != Some(&ready) {
            said.push(ready);
        }
        Check::NotYet("nobody asked for an end".to_owned())
    });
    tokio::select! {
        look = watch_secret(context, step, rotate, secret, seen, Some((certificate, &said))) => look,
        ended = listening => Err(ended.map_or_else(|error| StepError::of(&error), |()| StepError("nobody listened".to_owned()))),
    }
}

/// What a Certificate said of itself, one after the other: status and reason of `Ready`.
type ReadyHistory = Mutex<Vec<(String, String)>>;

/// Waits until a Certificate has said so many things, and last that it is ready; no longer than its patience.
async fn until_ready(said: Option<&ReadyHistory>, words: usize, patience: Duration) {
    let Some(said) = said else { return };
    let started = Instant::now();
    let ready = || {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.len() >= words && said.last().is_some_and(|(status, _)| status == "True")
    };
    while !ready() && started.elapsed() < patience {
        pause(INTERVAL).await;
    }
}

async fn watch_secret(
    context: &Context<'_>,
    step: &Step,
    rotate: &Rotate,
    secret: &str,
    mut seen: Seen,
    certificate: Option<(&Reference, &ReadyHistory)>,
) -> Result<Observation, StepError> {
    let said = certificate.map(|(_, said)| said);
    until_ready(said, 1, FIRST_WORD).await;
    // Its story begins with what it says now, not with how it came to say that.
    if let Some(said) = said {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = said.len().saturating_sub(1);
        said.drain(..earlier);
    }
    if rotate.trigger != Trigger::Natural {
        context.will_undo(&step.id, Undo::SelfHealing(format!("Secret {secret}"))).await?;
    }
    trigger(context, rotate.trigger, secret, certificate.map(|(certificate, _)| certificate)).await?;
    let mut without = Duration::ZERO;
    let started = Instant::now();
    let mut before = Instant::now();
    let wanted = usize::try_from(rotate.times).unwrap_or(usize::MAX);
    // Half a second short of the step's own limit, so that what was seen by then is reported and not lost.
    while seen.serials.len() <= wanted && started.elapsed() + Duration::from_millis(500) < step.timeout {
        pause(INTERVAL).await;
        let exists = note(context, secret, &mut seen).await?;
        if !exists {
            without += before.elapsed();
        }
        before = Instant::now();
    }
    let left = step.timeout.saturating_sub(started.elapsed() + Duration::from_millis(300));
    // Whose Secret was deleted says so, and then that it is ready again: its status may come after the Secret.
    let words = if rotate.trigger == Trigger::DeleteSecret { 3 } else { 1 };
    until_ready(said, words, left.min(LAST_WORD)).await;
    let mut facts = seen.facts(started.elapsed());
    facts["window-without-secret-ms"] = json!(u64::try_from(without.as_millis()).unwrap_or(u64::MAX));
    if let Some(said) = said {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let (ready, reasons): (Vec<_>, Vec<_>) = said.iter().cloned().unzip();
        facts["certificate"] = json!({"last": ready.last(), "ready": ready, "reasons": reasons});
    }
    Ok(Observation { facts, source: "kubernetes", evidence: seen.evidence(context) })
}

/// Sets off what is not waited for to happen by itself.
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
                certificate.ok_or_else(|| StepError(format!("{secret} names no Certificate that could be renewed")))?;
            let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
            cert_manager::renew(kube, certificate).await.map_err(|error| StepError::of(&error))
        }
        Trigger::Natural | Trigger::NextAuthority | Trigger::Reissue => Ok(()),
    }
}

/// The Certificate that a Secret belongs to, by the Secret's own account.
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

/// Looks once; remembers a certificate that is new. Returns whether the Secret exists.
async fn note(context: &Context<'_>, name: &str, seen: &mut Seen) -> Result<bool, StepError> {
    let Some(secret) = read(context, name).await? else { return Ok(false) };
    let Ok(pem) = field(&secret, "tls.crt", name) else { return Ok(false) };
    if pem.is_empty() {
        return Ok(false);
    }
    let short = name.rsplit('/').next().unwrap_or(name);
    seen.take(context, "secret", short, &leaf(&pem, name)?)?;
    Ok(true)
}
