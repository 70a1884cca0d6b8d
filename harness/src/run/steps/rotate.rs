//! `rotate`: renewals of a certificate, in a Secret that is watched or in the files of a member.

mod reissue;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::inspect::{chain, field, read};
use crate::{
    kubernetes::Reference,
    pki::certificate_facts,
    run::context::{Context, Look, Trouble},
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

/// What was seen of a Secret's certificates over time.
#[derive(Default)]
struct Seen {
    serials: Vec<String>,
    keys: BTreeSet<String>,
    leaves: Vec<Value>,
    without: Duration,
}

pub(crate) async fn look(context: &Context<'_>, step: &Step, rotate: &Rotate) -> Result<Look, Trouble> {
    if let Some(member) = &rotate.of {
        return reissue::look(context, step, rotate, member).await;
    }
    let secret = rotate.secret.as_deref().unwrap_or_default();
    let mut seen = Seen::default();
    note(context, secret, &mut seen).await?;
    if seen.serials.is_empty() {
        return Err(Trouble(format!("{secret} does not exist before the rotation")));
    }
    let Some(certificate) = certificate_of(context, secret).await? else {
        return watch_secret(context, step, rotate, secret, seen, None).await;
    };
    let said = Mutex::new(Vec::new());
    let kube = context.world.kube().map_err(|error| Trouble::of(&error))?;
    // Ends when the Secret's story does, by the select below.
    let listening = kube.wait_object::<()>(&certificate, "listened to", step.timeout * 2, |object| {
        let ready = object.map_or_else(|| ("absent".to_owned(), String::new()), readiness);
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last() != Some(&ready) {
            said.push(ready);
        }
        Check::NotYet("nobody asked for an end".to_owned())
    });
    tokio::select! {
        look = watch_secret(context, step, rotate, secret, seen, Some(&said)) => look,
        ended = listening => Err(ended.map_or_else(|error| Trouble::of(&error), |()| Trouble("nobody listened".to_owned()))),
    }
}

/// What a Certificate said of itself, one after the other: status and reason of `Ready`.
type Said = Mutex<Vec<(String, String)>>;

/// Waits until a Certificate has said so many things, and last that it is ready; no longer than its patience.
async fn until_ready(said: Option<&Said>, words: usize, patience: Duration) {
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
    said: Option<&Said>,
) -> Result<Look, Trouble> {
    until_ready(said, 1, FIRST_WORD).await;
    if rotate.trigger == Trigger::DeleteSecret {
        let (namespace, name) = secret.split_once('/').unwrap_or_default();
        context
            .world
            .delete(&Reference::new("v1", "Secret", Some(namespace), name))
            .await
            .map_err(|error| Trouble::of(&error))?;
    }
    let started = Instant::now();
    let mut before = Instant::now();
    let wanted = usize::try_from(rotate.times).unwrap_or(usize::MAX);
    // Half a second short of the step's own limit, so that what was seen by then is reported and not lost.
    while seen.serials.len() <= wanted && started.elapsed() + Duration::from_millis(500) < step.timeout {
        pause(INTERVAL).await;
        let exists = note(context, secret, &mut seen).await?;
        if !exists {
            seen.without += before.elapsed();
        }
        before = Instant::now();
    }
    let left = step.timeout.saturating_sub(started.elapsed() + Duration::from_millis(300));
    // Whose Secret was deleted says so, and then that it is ready again: its status may come after the Secret.
    let words = if rotate.trigger == Trigger::DeleteSecret { 3 } else { 1 };
    until_ready(said, words, left.min(LAST_WORD)).await;
    let evidence = context.recorder.put(json!(seen.leaves).to_string().as_bytes(), "application/json");
    let mut facts = facts(&seen, started.elapsed());
    if let Some(said) = said {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let (ready, reasons): (Vec<_>, Vec<_>) = said.iter().cloned().unzip();
        facts["certificate"] = json!({"ready": ready, "reasons": reasons});
    }
    Ok(Look { facts, source: "kubernetes", evidence })
}

/// The Certificate that a Secret belongs to, by the Secret's own account.
async fn certificate_of(context: &Context<'_>, secret: &str) -> Result<Option<Reference>, Trouble> {
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

fn facts(seen: &Seen, took: Duration) -> Value {
    let distinct: BTreeSet<&String> = seen.serials.iter().collect();
    json!({
        "renewals": seen.serials.len().saturating_sub(1),
        "serials": {"distinct": distinct.len()},
        "keys": {"distinct": seen.keys.len()},
        "window-without-secret-ms": u64::try_from(seen.without.as_millis()).unwrap_or(u64::MAX),
        "took": format!("{}ms", took.as_millis()),
        "leaf": seen.leaves.last(),
    })
}

/// Looks once; remembers a certificate that is new. Returns whether the Secret exists.
async fn note(context: &Context<'_>, name: &str, seen: &mut Seen) -> Result<bool, Trouble> {
    let Some(secret) = read(context, name).await? else { return Ok(false) };
    let Ok(pem) = field(&secret, "tls.crt", name) else { return Ok(false) };
    if pem.is_empty() {
        return Ok(false);
    }
    seen.take(context, &pem, name)?;
    Ok(true)
}

impl Seen {
    /// Remembers a certificate that is new.
    fn take(&mut self, context: &Context<'_>, pem: &[u8], name: &str) -> Result<(), Trouble> {
        let chain = chain(pem, name)?;
        let leaf = chain.first().ok_or_else(|| Trouble(format!("tls.crt of {name} is empty")))?;
        let leaf = certificate_facts(leaf).map_err(Trouble)?;
        let serial = leaf["serial"].as_str().unwrap_or_default().to_owned();
        if self.serials.last() != Some(&serial) {
            let label = format!("serial {}", &serial[..serial.len().min(8)]);
            context.mark(
                "secret",
                label,
                Timestamp::now(),
                None,
                BTreeMap::from([("not-after".to_owned(), leaf["not-after"].clone())]),
            );
            self.keys.insert(
                leaf["subject-key-id"].as_str().or(leaf["fingerprint"].as_str()).unwrap_or_default().to_owned(),
            );
            self.serials.push(serial);
            self.leaves.push(leaf);
        }
        Ok(())
    }
}
