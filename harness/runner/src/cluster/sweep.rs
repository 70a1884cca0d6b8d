//! Finds and removes the objects of the harness in the engine by label: containers with their volumes, and networks.
//!
//! It needs only the labels, so it works after a SIGKILL of the harness.

use std::collections::HashMap;

use jiff::Timestamp;
use mtls_engine::{Engine, EngineError, Labelled};

use super::labels::{CLUSTER, DEADLINE, RUN};

/// The objects to find or remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All objects of one cluster.
    Cluster(String),
    /// All objects with the label [`RUN`].
    Everything,
    /// All objects past their deadline.
    Expired,
}

/// An object that was found or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// `container` or `network`. The anonymous volumes of a container are removed with it.
    pub kind: &'static str,
    pub name: String,
    pub cluster: String,
}

/// Lists the objects of the harness within the scope.
///
/// # Errors
///
/// When the engine does not answer.
pub async fn find(engine: &Engine, scope: &Scope) -> Result<Vec<Removed>, EngineError> {
    let of = |kind: &'static str| move |object: Labelled| (kind, object.name, object.labels);
    let containers = engine.containers(RUN).await?.into_iter().map(of("container"));
    let networks = engine.networks(RUN).await?.into_iter().map(of("network"));
    let now = Timestamp::now();
    Ok(containers
        .chain(networks)
        .filter(|(_, _, labels)| covers(scope, labels, now))
        .map(|(kind, name, labels)| Removed { kind, name, cluster: labels.get(CLUSTER).cloned().unwrap_or_default() })
        .collect())
}

/// Removes the objects of the harness within the scope and returns them. It is not an error when there are none.
///
/// # Errors
///
/// The first error of the engine, after an attempt to remove every object.
pub async fn sweep(engine: &Engine, scope: &Scope) -> Result<Vec<Removed>, EngineError> {
    let found = find(engine, scope).await?;
    let (containers, networks): (Vec<_>, Vec<_>) = found.into_iter().partition(|object| object.kind == "container");
    let mut removed = Vec::new();
    let mut refusal = None;
    let attempts = futures::future::join_all(
        containers.into_iter().map(async |object| (engine.remove_container(&object.name).await, object)),
    )
    .await;
    for (result, object) in attempts {
        note(result, object, &mut removed, &mut refusal);
    }
    for object in networks {
        let result = engine.remove_network(&object.name).await;
        note(result, object, &mut removed, &mut refusal);
    }
    refusal.map_or(Ok(removed), Err)
}

fn note(
    result: Result<(), EngineError>,
    object: Removed,
    removed: &mut Vec<Removed>,
    refusal: &mut Option<EngineError>,
) {
    match result {
        Ok(()) => removed.push(object),
        Err(error) => {
            refusal.get_or_insert(error);
        }
    }
}

fn covers(scope: &Scope, labels: &HashMap<String, String>, now: Timestamp) -> bool {
    match scope {
        Scope::Cluster(name) => labels.get(CLUSTER) == Some(name),
        Scope::Everything => true,
        // A deadline that cannot be parsed comes from another version of the harness: keep the object.
        Scope::Expired => labels
            .get(DEADLINE)
            .and_then(|deadline| deadline.parse::<Timestamp>().ok())
            .is_some_and(|deadline| deadline < now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_past_their_deadline_expire() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let with = |deadline: &str| {
            HashMap::from([(DEADLINE.to_owned(), deadline.to_owned()), (CLUSTER.to_owned(), "a".to_owned())])
        };
        assert!(covers(&Scope::Expired, &with("2025-12-31T23:59:59Z"), now));
        assert!(!covers(&Scope::Expired, &with("2026-01-01T00:00:01Z"), now));
        assert!(!covers(&Scope::Expired, &with("soon"), now));
        assert!(covers(&Scope::Cluster("a".to_owned()), &with("soon"), now));
        assert!(!covers(&Scope::Cluster("b".to_owned()), &with("soon"), now));
    }
}
