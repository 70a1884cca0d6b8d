//! Server-side apply, and its inverse.

use std::time::Duration;

use kube::api::{DynamicObject, Patch, PatchParams};
use mtls_engine::wait::{Check, until};
use serde::{Deserialize, Serialize};

use super::client::{Kube, KubeError, Reference, bounded};

/// The effect of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Created,
    Updated,
}

/// How to restore an object to its state before a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inverse {
    /// It did not exist: delete it.
    Delete(Reference),
    /// It existed in this state: create or replace it.
    Restore(Box<DynamicObject>),
}

const FIELD_MANAGER: &str = "mtls-e2e";

impl Kube {
    /// Applies one object, with force: it takes over fields of other field managers.
    ///
    /// While a platform starts, a kind may not be served yet and an admission webhook may not answer yet; such errors
    /// are retried until `limit`. Any other error is returned at once.
    ///
    /// # Errors
    ///
    /// The last error, with the name of the object.
    pub async fn apply(&self, object: &DynamicObject, limit: Duration) -> Result<(), KubeError> {
        let reference = reference_of(object)?;
        let what = format!("apply {reference}");
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let result = until(&what, limit, Duration::from_millis(500), async || {
            let attempt = async {
                let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
                bounded(&what, api.patch(&reference.name, &parameters, &Patch::Apply(object))).await
            };
            match attempt.await {
                Ok(_) => Check::Ready(()),
                Err(error) if is_transient(&error) => Check::NotYet(text_of(&error)),
                Err(error) => Check::Permanent(text_of(&error)),
            }
        })
        .await;
        result.map_err(|error| match error {
            mtls_engine::wait::WaitError::Permanent { why, .. } => {
                KubeError::Refused { object: reference.to_string(), last: why }
            }
            timed_out @ mtls_engine::wait::WaitError::TimedOut { .. } => timed_out.into(),
        })
    }

    /// The object after a dry run of [`Kube::apply`], which changes nothing.
    ///
    /// # Errors
    ///
    /// The error of the API server; nothing is retried.
    pub async fn would_apply(&self, object: &DynamicObject) -> Result<DynamicObject, KubeError> {
        let reference = reference_of(object)?;
        let parameters = PatchParams { dry_run: true, ..PatchParams::apply(FIELD_MANAGER).force() };
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        bounded(&format!("dry-run {reference}"), api.patch(&reference.name, &parameters, &Patch::Apply(object))).await
    }

    /// How to undo an apply of this object. The caller stores it before the apply.
    pub async fn inverse_of_apply(&self, object: &DynamicObject) -> Result<Inverse, KubeError> {
        let reference = reference_of(object)?;
        match self.get(&reference).await {
            Ok(Some(before)) => Ok(Inverse::Restore(Box::new(before))),
            Ok(None) | Err(KubeError::NoSuchKind { .. }) => Ok(Inverse::Delete(reference)),
            Err(error) => Err(error),
        }
    }

    /// Undoes a change of an object: deletes it, or creates or replaces it with its previous state.
    pub async fn undo(&self, inverse: &Inverse) -> Result<(), KubeError> {
        let before = match inverse {
            Inverse::Delete(reference) => return self.delete(reference).await,
            Inverse::Restore(before) => before,
        };
        let reference = reference_of(before)?;
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        let mut restored = (**before).clone();
        restored.metadata.managed_fields = None;
        let what = format!("restore {reference}");
        let current = self.get(&reference).await?;
        restored.metadata.resource_version =
            current.as_ref().and_then(|object| object.metadata.resource_version.clone());
        if current.is_some() {
            bounded(&what, api.replace(&reference.name, &kube::api::PostParams::default(), &restored)).await.map(|_| ())
        } else {
            restored.metadata.uid = None;
            bounded(&what, api.create(&kube::api::PostParams::default(), &restored)).await.map(|_| ())
        }
    }
}

impl Reference {
    /// The reference to an object.
    ///
    /// # Errors
    ///
    /// When the object has no kind or no name.
    pub fn of(object: &DynamicObject) -> Result<Self, KubeError> {
        reference_of(object)
    }
}

fn reference_of(object: &DynamicObject) -> Result<Reference, KubeError> {
    let nameless =
        || KubeError::Refused { object: "an object".to_owned(), last: "it has no kind or no name".to_owned() };
    let types = object.types.as_ref().ok_or_else(nameless)?;
    let name = object.metadata.name.clone().ok_or_else(nameless)?;
    Ok(Reference {
        api_version: types.api_version.clone(),
        kind: types.kind.clone(),
        namespace: object.metadata.namespace.clone(),
        name,
    })
}

/// Whether an error may disappear while a platform starts.
fn is_transient(error: &KubeError) -> bool {
    match error {
        KubeError::NoSuchKind { .. } | KubeError::Slow { .. } => true,
        KubeError::Request { source, .. } => match &**source {
            kube::Error::Api(status) => {
                matches!(status.code, 404 | 409 | 429 | 500..) || status.message.contains("failed calling webhook")
            }
            _ => true,
        },
        _ => false,
    }
}

fn text_of(error: &KubeError) -> String {
    match error {
        KubeError::NotAllowed { source, .. } => source.to_string(),
        KubeError::Request { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
