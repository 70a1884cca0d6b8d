//! Changes the objects of a loopback world, as an API server would.
//!
//! A change returns when the sidecars use it; there is no fixed delay.

use mtls_kubernetes::KubeError;

use super::{Loopback, objects::Store};

impl Loopback {
    /// Makes a change, or none if the sidecars reject it.
    pub(super) async fn change(&self, edit: impl FnOnce(&mut Store) -> Result<(), KubeError>) -> Result<(), KubeError> {
        let mut store = self.store.lock().await;
        let mut next = store.clone();
        edit(&mut next)?;
        self.push(&next).await?;
        *store = next;
        Ok(())
    }
}
