//! Detects leftovers: resources of the harness that outlive their scenario.
//!
//! Input: the inventory of the world before the scenario, and the changes that were undone. Output: one
//! [`Event::Leftover`] per resource, which makes the run broken. It removes nothing.

use std::{collections::BTreeMap, time::Duration};

use mtls_core::evidence::event::Event;
use mtls_engine::wait::{Check, until};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Inverse, KubeError, Reference};

use super::{
    context::{Context, RunContext},
    recorder::Recorder,
};
use crate::world::{World, sandbox::Inventory};

/// Limit for stopping processes and draining listeners.
const LIMIT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Limit for objects that an API server removes slowly, such as a namespace with pods.
const OBJECT_LIMIT: Duration = Duration::from_secs(120);

/// Whether the world is as it was before a scenario changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    AsBefore,
    /// There are leftovers, or the world was not checked.
    Unknown,
}

/// Runs `work` and records what it left in the world, under the name `owner`.
pub(super) async fn watched(run: RunContext<'_>, owner: &str, work: impl Future<Output = ()>) {
    let before = inventory(run.world).await;
    work.await;
    record_leftovers(run.world, run.recorder, owner, &before).await;
}

/// The inventory of the world; empty when it cannot be read.
async fn inventory(world: &World) -> Inventory {
    world.inventory().await.unwrap_or_default()
}

/// Records what is in the inventory beyond `before`, after [`LIMIT`] for processes to end.
async fn record_leftovers(world: &World, recorder: &Recorder, owner: &str, before: &Inventory) {
    let gone = until("no leftovers", LIMIT, POLL_INTERVAL, async || match world.inventory().await {
        Ok(now) => match now.beyond(before).as_slice() {
            [] => Check::Ready(()),
            left => Check::NotYet(left.join(", ")),
        },
        Err(error) => Check::NotYet(error.to_string()),
    });
    if gone.await.is_err() {
        for what in inventory(world).await.beyond(before) {
            recorder.emit(Event::Leftover { what: format!("{owner}: {what}") });
        }
    }
}

/// Records objects that differ from their state before the scenario, although its changes were undone.
pub(super) async fn objects(context: &Context<'_>) -> Aftermath {
    let differences = unlike(context.world, context.taken_back()).await;
    for what in &differences {
        context.recorder.emit(Event::Leftover { what: format!("{}: {what}", context.scenario.id) });
    }
    if differences.is_empty() { Aftermath::AsBefore } else { Aftermath::Unknown }
}

/// How objects differ from their state before the changes, after [`OBJECT_LIMIT`]. `undone` is in the order of undoing.
pub(super) async fn unlike(world: &World, undone: Vec<Inverse>) -> Vec<String> {
    let mut differences = Vec::new();
    let mut last: BTreeMap<Reference, Inverse> = BTreeMap::new();
    for inverse in undone {
        // The change that was undone last was made first: its inverse holds the original state.
        let reference = match &inverse {
            Inverse::Delete(reference) => Ok(reference.clone()),
            Inverse::Restore(object) => Reference::of(object),
        };
        match reference {
            Ok(reference) => drop(last.insert(reference, inverse)),
            Err(error) => differences.push(error.to_string()),
        }
    }
    let waited = until("objects as they were", OBJECT_LIMIT, Duration::from_millis(500), async || {
        for (reference, inverse) in &last {
            if let Some(how) = difference(reference, inverse, world.get(reference).await) {
                return Check::NotYet(how);
            }
        }
        Check::Ready(())
    });
    if waited.await.is_err() {
        for (reference, inverse) in &last {
            differences.extend(difference(reference, inverse, world.get(reference).await));
        }
    }
    differences
}

/// How an object differs from its state before the change.
fn difference(
    reference: &Reference,
    inverse: &Inverse,
    now: Result<Option<DynamicObject>, KubeError>,
) -> Option<String> {
    match (inverse, now) {
        (_, Err(KubeError::NoSuchKind { .. })) | (Inverse::Delete(_), Ok(None)) => None,
        (_, Err(error)) => Some(format!("{reference} cannot be read: {error}")),
        (Inverse::Delete(_), Ok(Some(_))) => Some(format!("{reference} is still there")),
        (Inverse::Restore(_), Ok(None)) => Some(format!("{reference} is gone")),
        (Inverse::Restore(before), Ok(Some(now))) => {
            let is_same = CONTROLLED.contains(&reference.kind.as_str()) || before.data["spec"] == now.data["spec"];
            (!is_same).then(|| format!("{reference} differs from its state before the change"))
        }
    }
}

/// Kinds whose contents controllers renew.
const CONTROLLED: [&str; 2] = ["Pod", "Secret"];

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
        let found = |inverse: &Inverse, now| difference(&reference, inverse, Ok(now));
        let (delete, restore) = (Inverse::Delete(reference.clone()), Inverse::Restore(Box::new(policy("STRICT"))));
        assert_eq!(found(&delete, None), None);
        assert_eq!(found(&restore, Some(policy("STRICT"))), None);
        let message = |text: &str| Some(format!("PeerAuthentication n/default {text}"));
        assert_eq!(found(&delete, Some(policy("STRICT"))), message("is still there"));
        assert_eq!(found(&restore, None), message("is gone"));
        assert_eq!(found(&restore, Some(policy("PERMISSIVE"))), message("differs from its state before the change"));
    }
}
