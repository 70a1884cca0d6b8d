//! Server-side apply, with what is needed to undo it.

use std::time::Duration;

use kube::api::{DynamicObject, Patch, PatchParams};
use serde::{Deserialize, Serialize};

use super::client::{Kube, KubeError, Reference, bounded};
use crate::wait::{Check, until};

/// What applying an object did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Created,
    Updated,
}

/// How to bring an object back to what it was before we touched it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inverse {
    /// It did not exist.
    Delete(Reference),
    /// It existed like this.
    Restore(Box<DynamicObject>),
}

const FIELD_MANAGER: &str = "mtls-e2e";

impl Kube {
    /// Applies one object, taking over fields that somebody else manages.
    ///
    /// Kinds that are not served yet and admission webhooks that do not answer yet are retried until `limit`: both are
    /// what a platform looks like while it starts. Any other refusal is final at once.
    ///
    /// # Errors
    ///
    /// The last refusal, with the object's name.
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
                Err(error) if may_pass(&error) => Check::NotYet(text_of(&error)),
                Err(error) => Check::Permanent(text_of(&error)),
            }
        })
        .await;
        result.map_err(|error| match error {
            crate::wait::WaitError::Permanent { why, .. } => {
                KubeError::Refused { object: reference.to_string(), last: why }
            }
            timed_out @ crate::wait::WaitError::TimedOut { .. } => timed_out.into(),
        })
    }

    /// What the object would be after [`Kube::apply`], which does not happen.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn would_apply(&self, object: &DynamicObject) -> Result<DynamicObject, KubeError> {
        let reference = reference_of(object)?;
        let parameters = PatchParams { dry_run: true, ..PatchParams::apply(FIELD_MANAGER).force() };
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        bounded(&format!("try {reference}"), api.patch(&reference.name, &parameters, &Patch::Apply(object))).await
    }

    /// What would undo an application of this object, to be kept before it is applied.
    pub async fn inverse_of_apply(&self, object: &DynamicObject) -> Result<Inverse, KubeError> {
        let reference = reference_of(object)?;
        match self.get(&reference).await {
            Ok(Some(before)) => Ok(Inverse::Restore(Box::new(before))),
            Ok(None) | Err(KubeError::NoSuchKind { .. }) => Ok(Inverse::Delete(reference)),
            Err(error) => Err(error),
        }
    }

    /// Puts an object back: deleted if it was not there, else created or replaced as it was.
    pub async fn undo(&self, inverse: &Inverse) -> Result<(), KubeError> {
        let before = match inverse {
            Inverse::Delete(reference) => return self.delete(reference).await,
            Inverse::Restore(before) => before,
        };
        let reference = reference_of(before)?;
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        let mut wanted = (**before).clone();
        wanted.metadata.managed_fields = None;
        let what = format!("restore {reference}");
        let current = self.get(&reference).await?;
        wanted.metadata.resource_version = current.as_ref().and_then(|object| object.metadata.resource_version.clone());
        if current.is_some() {
            bounded(&what, api.replace(&reference.name, &kube::api::PostParams::default(), &wanted)).await.map(|_| ())
        } else {
            wanted.metadata.uid = None;
            bounded(&what, api.create(&kube::api::PostParams::default(), &wanted)).await.map(|_| ())
        }
    }
}

impl Reference {
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

/// Refusals that end by themselves while a platform starts.
fn may_pass(error: &KubeError) -> bool {
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
