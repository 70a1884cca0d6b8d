//! What is still there when a scenario is over: things of ours that must not outlive it.
//!
//! Input: what the world held before, and the changes that were taken back. Output: an [`Event::Leftover`] for each thing. It cleans
//! nothing up: what is left is named, and makes the run broken.

use std::{collections::BTreeMap, time::Duration};

use kube::api::DynamicObject;

use super::{
    context::{Context, RunContext},
    recorder::Recorder,
};
use crate::{
    evidence::event::Event,
    kubernetes::{Inverse, KubeError, Reference},
    wait::{Check, until},
    world::{World, sandbox::Inventory},
};

/// For processes that were told to end, and listeners that drain.
const LIMIT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// For objects that an API server takes its time to remove, such as a namespace with pods in it.
const OBJECT_LIMIT: Duration = Duration::from_secs(120);

/// Whether the world is as it was before a scenario changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    AsBefore,
    /// Something is left, or nobody has looked.
    Unknown,
}

/// Does something, and names what it left in the world.
pub(super) async fn watched(run: RunContext<'_>, who: &str, work: impl Future<Output = ()>) {
    let before = inventory(run.world).await;
    work.await;
    named(run.world, run.recorder, who, &before).await;
}

/// What the world holds, to be compared with later. A world that does not say holds nothing.
async fn inventory(world: &World) -> Inventory {
    world.inventory().await.unwrap_or_default()
}

/// Names what is there beyond `before`, after whoever is named has had time to go.
async fn named(world: &World, recorder: &Recorder, who: &str, before: &Inventory) {
    let gone = until("nothing of ours", LIMIT, POLL_INTERVAL, async || match world.inventory().await {
        Ok(now) => match now.beyond(before).as_slice() {
            [] => Check::Ready(()),
            left => Check::NotYet(left.join(", ")),
        },
        Err(error) => Check::NotYet(error.to_string()),
    });
    if gone.await.is_err() {
        for what in inventory(world).await.beyond(before) {
            recorder.emit(Event::Leftover { what: format!("{who}: {what}") });
        }
    }
}

/// Names objects that are not as they were, although what changed them has been undone.
pub(super) async fn objects(context: &Context<'_>) -> Aftermath {
    let unlike = unlike(context.world, context.taken_back()).await;
    for what in &unlike {
        context.recorder.emit(Event::Leftover { what: format!("{}: {what}", context.scenario.id) });
    }
    if unlike.is_empty() { Aftermath::AsBefore } else { Aftermath::Unknown }
}

/// In which way objects are not as they were, after they have had time; of changes in the order in which they were undone.
pub(super) async fn unlike(world: &World, undone: Vec<Inverse>) -> Vec<String> {
    let mut unlike = Vec::new();
    let mut last: BTreeMap<Reference, Inverse> = BTreeMap::new();
    for inverse in undone {
        // The change that was undone last was the first: what was before it is what must be now.
        let reference = match &inverse {
            Inverse::Delete(reference) => Ok(reference.clone()),
            Inverse::Restore(object) => Reference::of(object),
        };
        match reference {
            Ok(reference) => drop(last.insert(reference, inverse)),
            Err(error) => unlike.push(error.to_string()),
        }
    }
    let waited = until("objects as they were", OBJECT_LIMIT, Duration::from_millis(500), async || {
        for (reference, inverse) in &last {
            if let Some(how) = unlike_before(reference, inverse, world.get(reference).await) {
                return Check::NotYet(how);
            }
        }
        Check::Ready(())
    });
    if waited.await.is_err() {
        for (reference, inverse) in &last {
            unlike.extend(unlike_before(reference, inverse, world.get(reference).await));
        }
    }
    unlike
}

/// In which way an object is not as it was.
fn unlike_before(
    reference: &Reference,
    inverse: &Inverse,
    now: Result<Option<DynamicObject>, KubeError>,
) -> Option<String> {
    match (inverse, now) {
        (_, Err(KubeError::NoSuchKind { .. })) | (Inverse::Delete(_), Ok(None)) => None,
        (_, Err(error)) => Some(format!("{reference} cannot be looked at: {error}")),
        (Inverse::Delete(_), Ok(Some(_))) => Some(format!("{reference} is still there")),
        (Inverse::Restore(_), Ok(None)) => Some(format!("{reference} is gone")),
        (Inverse::Restore(before), Ok(Some(now))) => {
            let is_same = OTHERS_CHANGE.contains(&reference.kind.as_str()) || before.data["spec"] == now.data["spec"];
            (!is_same).then(|| format!("{reference} is not as it was"))
        }
    }
}

/// Kinds whose contents controllers renew by themselves.
const OTHERS_CHANGE: [&str; 2] = ["Pod", "Secret"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(mode: &str) -> DynamicObject {
        serde_json::from_value(json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": "n", "resourceVersion": mode}, "spec": {"mtls": {"mode": mode}},
        }))
        .unwrap()
    }

    #[test]
    fn an_object_must_be_as_it_was() {
        let reference = Reference::of(&policy("STRICT")).unwrap();
        let told = |inverse: &Inverse, now| unlike_before(&reference, inverse, Ok(now));
        let (delete, restore) = (Inverse::Delete(reference.clone()), Inverse::Restore(Box::new(policy("STRICT"))));
        assert_eq!(told(&delete, None), None);
        assert_eq!(told(&restore, Some(policy("STRICT"))), None);
        let said = |what: &str| Some(format!("PeerAuthentication n/default {what}"));
        assert_eq!(told(&delete, Some(policy("STRICT"))), said("is still there"));
        assert_eq!(told(&restore, None), said("is gone"));
        assert_eq!(told(&restore, Some(policy("PERMISSIVE"))), said("is not as it was"));
    }
}
