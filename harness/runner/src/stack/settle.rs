//! Detects that a cluster has settled: programs rolled out, certificates issued, sidecars configured.
//!
//! General criteria, for a world with an unknown history. A scenario's own recovery check is more precise and runs
//! first.

use std::time::Duration;

use mtls_engine::wait::{Check, WaitError, until};
use mtls_kubernetes::{Kube, KubeError, readiness};

use super::istio;

const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Kinds whose status reports readiness.
const KINDS: [(&str, &str); 4] = [
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("cert-manager.io/v1", "Certificate"),
];
const INJECTED: &str = "istio-injection=enabled";

/// Waits until everything in the cluster is ready in two consecutive observations.
///
/// # Errors
///
/// What was not ready at the end.
pub async fn settled(kube: &Kube, limit: Duration) -> Result<(), WaitError> {
    let mut in_a_row = 0;
    until("a settled world", limit, POLL_INTERVAL, async || {
        let missing = match unsettled(kube).await {
            Ok(missing) => missing,
            Err(error) => Some(error.to_string()),
        };
        in_a_row = if missing.is_none() { in_a_row + 1 } else { 0 };
        match missing {
            Some(missing) => Check::NotYet(missing),
            None if in_a_row < 2 => Check::NotYet("ready in one observation".to_owned()),
            None => Check::Ready(()),
        }
    })
    .await
}

/// The first object that is not ready.
async fn unsettled(kube: &Kube) -> Result<Option<String>, KubeError> {
    for (api_version, kind) in KINDS {
        let objects = match kube.list(api_version, kind, None, None).await {
            Err(KubeError::NoSuchKind { .. }) => continue,
            other => other?,
        };
        for object in objects {
            let place = |why: &str| {
                let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
                format!("{kind} {namespace}/{}: {why}", object.metadata.name.as_deref().unwrap_or_default())
            };
            match readiness(&object) {
                Check::Ready(()) => {}
                Check::NotYet(why) | Check::Permanent(why) => return Ok(Some(place(&why))),
            }
        }
    }
    let namespaces = kube.list("v1", "Namespace", None, Some(INJECTED)).await?;
    for name in namespaces.iter().filter_map(|namespace| namespace.metadata.name.as_deref()) {
        let behind = istio::proxy_status(kube, name).await?.into_iter().find(|synced| !synced.behind.is_empty());
        if let Some(behind) = behind {
            return Ok(Some(format!("sidecar of {name}/{}: {} not accepted", behind.pod, behind.behind.join(", "))));
        }
    }
    Ok(None)
}
