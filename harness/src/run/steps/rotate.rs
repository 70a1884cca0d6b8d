//! `rotate`: renewals of a certificate, in a Secret that is watched or in the files of a member.

mod reissue;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::inspect::{field, read};
use crate::{
    kubernetes::Reference,
    pki::{certificate_facts, certificates},
    run::context::{Context, Look, Trouble},
    scenario::model::{Rotate, Step, Trigger},
    wait::pause,
};

/// How often the Secret is looked at: bounds the error of `window-without-secret-ms`.
const INTERVAL: Duration = Duration::from_millis(50);

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
    let evidence = context.recorder.put(json!(seen.leaves).to_string().as_bytes(), "application/json");
    Ok(Look { facts: facts(&seen, started.elapsed()), source: "kubernetes", evidence })
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
        let chain = certificates(pem).map_err(|error| Trouble(format!("tls.crt of {name}: {error}")))?;
        let leaf = chain.first().ok_or_else(|| Trouble(format!("tls.crt of {name} is empty")))?;
        let leaf = certificate_facts(leaf).map_err(Trouble)?;
        let seen = self;
        let serial = leaf["serial"].as_str().unwrap_or_default().to_owned();
        if seen.serials.last() != Some(&serial) {
            let label = format!("serial {}", &serial[..serial.len().min(8)]);
            context.mark(
                "secret",
                label,
                Timestamp::now(),
                None,
                BTreeMap::from([("not-after".to_owned(), leaf["not-after"].clone())]),
            );
            seen.keys.insert(
                leaf["subject-key-id"].as_str().or(leaf["fingerprint"].as_str()).unwrap_or_default().to_owned(),
            );
            seen.serials.push(serial);
            seen.leaves.push(leaf);
        }
        Ok(())
    }
}
