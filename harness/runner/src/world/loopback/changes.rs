//! Reads and changes the objects of a loopback world, as an API server would.
//!
//! A change returns when the sidecars use it; there is no fixed delay.

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{Inverse, KubeError, Reference};
use serde_json::Value;

use super::{Loopback, objects::Store};

impl Loopback {
    pub(in crate::world) async fn get(&self, reference: &Reference) -> Result<Option<DynamicObject>, KubeError> {
        self.store.lock().await.get(reference)
    }

    pub(in crate::world) async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<DynamicObject>, KubeError> {
        self.store.lock().await.list(api_version, kind, namespace, selector)
    }

    pub(in crate::world) async fn apply(&self, object: &DynamicObject) -> Result<(), KubeError> {
        self.change(|store| store.put(object.clone())).await
    }

    pub(in crate::world) async fn merge(&self, reference: &Reference, patch: &Value) -> Result<(), KubeError> {
        self.change(|store| store.merge(reference, patch)).await
    }

    pub(in crate::world) async fn delete(&self, reference: &Reference) -> Result<(), KubeError> {
        self.change(|store| store.delete(reference)).await
    }

    pub(in crate::world) async fn undo(&self, inverse: &Inverse) -> Result<(), KubeError> {
        match inverse {
            Inverse::Delete(reference) => self.delete(reference).await,
            Inverse::Restore(object) => self.apply(object).await,
        }
    }

    /// Makes a change, or none if the sidecars reject it.
    async fn change(&self, edit: impl FnOnce(&mut Store) -> Result<(), KubeError>) -> Result<(), KubeError> {
        let mut store = self.store.lock().await;
        let mut next = store.clone();
        edit(&mut next)?;
        self.push(&next).await?;
        *store = next;
        Ok(())
    }
}
