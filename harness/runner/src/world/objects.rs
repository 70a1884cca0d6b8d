//! The Kubernetes objects of a world.

use std::time::Duration;

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Inverse, KubeError, Reference};

use super::World;

impl World {
    /// The object, or `None` when it does not exist.
    pub async fn get(&self, reference: &Reference) -> Result<Option<DynamicObject>, KubeError> {
        self.backend.get(reference).await
    }

    /// The object; an error when it does not exist.
    pub async fn must_get(&self, reference: &Reference) -> Result<DynamicObject, KubeError> {
        self.get(reference).await?.ok_or_else(|| KubeError::Missing(reference.clone()))
    }

    /// The objects of a kind that match the label selector; all without a selector.
    pub async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<DynamicObject>, KubeError> {
        self.backend.list(api_version, kind, namespace, selector).await
    }

    /// Applies one object, with the semantics of [`mtls_kubernetes::Kube::apply`].
    pub async fn apply(&self, object: &DynamicObject, limit: Duration) -> Result<(), KubeError> {
        self.backend.apply(object, limit).await
    }

    /// How to undo an apply of this object. The caller stores it before the apply.
    pub async fn inverse_of_apply(&self, object: &DynamicObject) -> Result<Inverse, KubeError> {
        let reference = Reference::of(object)?;
        match self.get(&reference).await {
            Ok(Some(before)) => Ok(Inverse::Restore(Box::new(before))),
            Ok(None) | Err(KubeError::NoSuchKind { .. }) => Ok(Inverse::Delete(reference)),
            Err(error) => Err(error),
        }
    }

    /// Applies a JSON merge patch (RFC 7396).
    pub async fn merge(&self, reference: &Reference, patch: &serde_json::Value) -> Result<(), KubeError> {
        self.backend.merge(reference, patch).await
    }

    /// Deletes the object; not an error when it does not exist.
    pub async fn delete(&self, reference: &Reference) -> Result<(), KubeError> {
        self.backend.delete(reference).await
    }

    /// Undoes a change of an object: deletes it, or creates or replaces it with its previous state.
    pub async fn undo(&self, inverse: &Inverse) -> Result<(), KubeError> {
        self.backend.undo(inverse).await
    }
}
