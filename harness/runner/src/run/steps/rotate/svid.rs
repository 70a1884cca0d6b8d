//! Fetches the SVID of a participant repeatedly.
//!
//! It does not observe which certificate the participant uses on the wire: see the ledger of `traffic`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use mtls_core::scenario::{
    model::Step,
    verbs::rotate::{RotateSpec, Trigger},
};
use mtls_engine::wait::pause;
use serde_json::{Value, json};

use super::Seen;
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        steps::svid,
        undo::Undo,
    },
    stack::spire,
};

/// Time between two fetches; it bounds the error of `used-percent`.
const INTERVAL: Duration = Duration::from_millis(500);

pub(super) async fn observe(
    context: &Context<'_>,
    step: &Step,
    rotate: &RotateSpec,
    name: &str,
) -> Result<Observation, StepError> {
    let member = context.member(name)?;
    let mut observed = Seen::default();
    let mut used = Vec::new();
    let mut fetch = async |observed: &mut Seen| -> Result<(), StepError> {
        let chain = svid::chain(context, member).await?;
        let leaf = chain.first().ok_or_else(|| StepError("the Workload API gave no certificate".to_owned()))?;
        let (before, count) = (observed.leaves.last().cloned(), observed.leaves.len());
        observed.take(context, "svid", name, leaf)?;
        if observed.leaves.len() > count {
            used.extend(before.as_ref().and_then(|leaf| used_percent(leaf, Timestamp::now())));
        }
        Ok(())
    };
    fetch(&mut observed).await?;
    let authority = match rotate.trigger {
        Trigger::NextAuthority => {
            let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
            context.will_undo(&step.id, Undo::SelfHealing(format!("the SVID of {name}"))).await?;
            let authority = spire::next_authority(kube).await.map_err(|error| StepError::of(&error))?;
            context.mark("authority", authority.chars().take(8).collect(), Timestamp::now(), None, BTreeMap::new());
            Some(authority)
        }
        _ => None,
    };
    let started = Instant::now();
    let times = usize::try_from(rotate.times).unwrap_or(usize::MAX);
    // Ends just before the timeout of the step, so that the observations are reported and not lost.
    while observed.leaves.len() <= times && started.elapsed() + 2 * INTERVAL < step.timeout {
        pause(INTERVAL).await;
        fetch(&mut observed).await?;
    }
    let mut facts = observed.facts(started.elapsed());
    let issuers: BTreeSet<&str> = observed.leaves.iter().filter_map(|leaf| leaf["authority-key-id"].as_str()).collect();
    facts["authorities"] = json!({"distinct": issuers.len()});
    if let Some(authority) = authority {
        facts["of-next-authority"] = json!(facts["leaf"]["authority-key-id"] == json!(authority));
    }
    if let Some((least, most)) = used.iter().min().zip(used.iter().max()) {
        facts["used-percent"] = json!({"least": least, "most": most});
    }
    Ok(Observation { facts, source: "workload-api", evidence: observed.evidence(context) })
}

/// The elapsed part of a certificate's lifetime, in percent.
fn used_percent(leaf: &Value, now: Timestamp) -> Option<i64> {
    let instant = |key: &str| leaf[key].as_str()?.parse::<Timestamp>().ok();
    let (from, until) = (instant("not-before")?, instant("not-after")?);
    let whole = until.as_millisecond() - from.as_millisecond();
    (whole > 0).then(|| (now.as_millisecond() - from.as_millisecond()) * 100 / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_lifetime_is_fifty_percent() {
        let leaf = json!({"not-before": "2026-01-01T00:00:00Z", "not-after": "2026-01-01T00:00:50Z"});
        let at = |text: &str| used_percent(&leaf, text.parse().unwrap());
        assert_eq!(at("2026-01-01T00:00:25Z"), Some(50));
        assert_eq!(at("2026-01-01T00:01:40Z"), Some(200));
        assert_eq!(used_percent(&json!({}), Timestamp::now()), None);
    }
}
