//! Waits on objects with watches.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use kube::{
    api::{DynamicObject, TypeMeta},
    runtime::watcher,
};
use mtls_engine::wait::{Check, WaitError};

use super::{
    client::{Kube, KubeError, Reference},
    ready::readiness,
};

impl Kube {
    /// Waits until the object exists and is ready.
    ///
    /// # Errors
    ///
    /// [`WaitError`] with the last observed state of the object.
    pub async fn wait_ready(&self, reference: &Reference, limit: Duration) -> Result<(), KubeError> {
        self.wait_object(reference, "ready", limit, |object| {
            object.map_or_else(|| Check::NotYet("it does not exist".to_owned()), readiness)
        })
        .await
    }

    /// Watches one object until `check` returns [`Check::Ready`]. The object and its kind need not exist yet. `state`
    /// names the awaited state in errors.
    ///
    /// # Errors
    ///
    /// [`WaitError`] with the last observed state of the object.
    pub async fn wait_object<T>(
        &self,
        reference: &Reference,
        state: &str,
        limit: Duration,
        mut check: impl FnMut(Option<&DynamicObject>) -> Check<T>,
    ) -> Result<T, KubeError> {
        let what = format!("{reference} {state}");
        let deadline = Instant::now() + limit;
        let remaining = || deadline.saturating_duration_since(Instant::now());
        let mut last = "nothing yet".to_owned();
        while !remaining().is_zero() {
            let api = match self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await {
                Ok(api) => api,
                Err(error) => {
                    last = error.to_string();
                    mtls_engine::wait::pause(Duration::from_millis(250).min(remaining())).await;
                    continue;
                }
            };
            let mut states = watcher::watch_object(api, &reference.name).boxed();
            loop {
                match tokio::time::timeout(remaining(), states.try_next()).await {
                    Err(_) | Ok(Ok(None)) => break,
                    Ok(Ok(Some(object))) => match check(object.map(|object| typed(object, reference)).as_ref()) {
                        Check::Ready(value) => return Ok(value),
                        Check::NotYet(state) => last = state,
                        Check::Permanent(why) => return Err(WaitError::Permanent { what, why }.into()),
                    },
                    Ok(Err(error)) => {
                        last = error.to_string();
                        mtls_engine::wait::pause(Duration::from_millis(250).min(remaining())).await;
                    }
                }
            }
        }
        Err(WaitError::TimedOut { what, limit, last }.into())
    }
}

/// Adds the kind, which the items of lists and watches do not repeat.
fn typed(mut object: DynamicObject, reference: &Reference) -> DynamicObject {
    object
        .types
        .get_or_insert_with(|| TypeMeta { api_version: reference.api_version.clone(), kind: reference.kind.clone() });
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watched_object_gets_its_kind() {
        let bare: DynamicObject = serde_saphyr::from_str("{metadata: {name: a}, status: {}}").unwrap();
        assert!(matches!(readiness(&bare), Check::Permanent(_)));
        let reference = Reference::new("apps/v1", "Deployment", Some("n"), "a");
        assert!(matches!(readiness(&typed(bare, &reference)), Check::NotYet(_)));
    }
}
