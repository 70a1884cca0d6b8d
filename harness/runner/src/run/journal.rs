//! The journal of changes to a cluster, stored in that cluster.
//!
//! A killed run undoes nothing, and the next run would attribute its changes to the product. So each change is stored
//! as a Secret before it is made, and removed after it is undone and its effect is gone. It is a Secret because an
//! object to restore may be one. Changes that end with this process are not stored, nor any change in a world without a
//! cluster.
//!
//! The journal undoes nothing: see `repair`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::ByteString;
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{KubeError, Reference};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::undo::Undo;
use crate::world::Backend;

const NAMESPACE: &str = "kube-system";
const LABEL: &str = "mtls-e2e/journal";
const SELECTOR: &str = "mtls-e2e/journal=change";
const KEY: &str = "change.json";
/// A scenario may have stopped the API server, so a write waits as long as a step does.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// One change, as stored in the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Change {
    /// Name of its Secret; the names of one run sort by time.
    pub(super) id: String,
    pub(super) run: String,
    pub(super) scenario: String,
    pub(super) step: String,
    pub(super) at: Timestamp,
    pub(super) undo: Undo,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal cannot be written, so the change was not made")]
    Write(#[source] KubeError),
    #[error("the change cannot be serialized for the journal, so it was not made")]
    Spell(#[source] serde_json::Error),
    #[error("the journal of the cluster cannot be read")]
    List(#[source] KubeError),
    #[error(
        "{name} in {NAMESPACE} is a change of an earlier run and cannot be parsed; read it, undo the change by hand, and delete it"
    )]
    Damaged { name: String },
    #[error("undone changes cannot be removed from the journal")]
    Erase(#[source] KubeError),
}

/// The changes of one run.
#[derive(Debug)]
pub(super) struct Journal {
    home: Option<Arc<dyn Backend>>,
    run: String,
    next: AtomicU32,
    /// Scenario → ids of its changes, and whether each is undone.
    open: Mutex<BTreeMap<String, BTreeMap<String, State>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Made,
    Undone,
}

impl Journal {
    /// Without a home nothing is stored: the changes end with this process.
    pub(super) fn new(home: Option<Arc<dyn Backend>>, run: &str) -> Self {
        Self { home, run: run.to_owned(), next: AtomicU32::new(0), open: Mutex::default() }
    }

    /// Stores a change and returns its id. The caller makes the change only after this returns `Ok`.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written: the change must not be made then.
    pub(super) async fn write(&self, scenario: &str, step: &str, undo: &Undo) -> Result<String, JournalError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = format!("mtls-e2e-change-{}-{number:05}", self.run.to_lowercase());
        if let (Some(home), true) = (&self.home, undo.outlives_the_run()) {
            let change = Change {
                id: id.clone(),
                run: self.run.clone(),
                scenario: scenario.to_owned(),
                step: step.to_owned(),
                at: Timestamp::now(),
                undo: undo.clone(),
            };
            let object = serialize(&change).map_err(JournalError::Spell)?;
            self.open.lock().entry(scenario.to_owned()).or_default().insert(id.clone(), State::Made);
            home.apply(&object, WRITE_LIMIT).await.map_err(JournalError::Write)?;
        }
        Ok(id)
    }

    /// Marks a change as undone. It stays in the journal until its effect is gone as well: see [`Journal::close`].
    pub(super) fn undone(&self, scenario: &str, id: &str) {
        if let Some(state) = self.open.lock().get_mut(scenario).and_then(|changes| changes.get_mut(id)) {
            *state = State::Undone;
        }
    }

    /// Removes the undone changes of a scenario from the journal and returns their ids. The others stay for `repair`.
    ///
    /// # Errors
    ///
    /// When the API server refuses.
    pub(super) async fn close(&self, scenario: &str) -> Result<Vec<String>, JournalError> {
        let undone: Vec<String> = {
            let open = self.open.lock();
            let changes = open.get(scenario).into_iter().flatten();
            changes.filter(|(_, state)| **state == State::Undone).map(|(id, _)| id.clone()).collect()
        };
        if let Some(home) = &self.home {
            erase(&**home, &undone).await?;
        }
        if let Some(changes) = self.open.lock().get_mut(scenario) {
            changes.retain(|id, _| !undone.contains(id));
        }
        Ok(undone)
    }
}

/// The changes of earlier runs that were not undone, last change first.
///
/// # Errors
///
/// When the cluster does not answer, or an entry cannot be parsed.
pub(super) async fn changes(home: &dyn Backend) -> Result<Vec<Change>, JournalError> {
    let objects = home.list("v1", "Secret", Some(NAMESPACE), Some(SELECTOR)).await.map_err(JournalError::List)?;
    let mut changes = objects.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    changes.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    Ok(changes)
}

/// Removes changes from the journal.
///
/// # Errors
///
/// When the API server refuses.
pub(super) async fn erase(home: &dyn Backend, ids: &[String]) -> Result<(), JournalError> {
    for id in ids {
        home.delete(&reference(id)).await.map_err(JournalError::Erase)?;
    }
    Ok(())
}

fn reference(id: &str) -> Reference {
    Reference::new("v1", "Secret", Some(NAMESPACE), id)
}

fn serialize(change: &Change) -> serde_json::Result<DynamicObject> {
    let reference = reference(&change.id);
    serde_json::from_value(json!({
        "apiVersion": reference.api_version, "kind": reference.kind, "type": "mtls-e2e/change",
        "metadata": {
            "name": reference.name, "namespace": reference.namespace,
            "labels": {"app.kubernetes.io/part-of": "mtls-e2e", LABEL: "change"},
            "annotations": {"mtls-e2e/scenario": change.scenario, "mtls-e2e/undo": change.undo.to_string()},
        },
        "data": {KEY: ByteString(serde_json::to_vec(change)?)},
    }))
}

fn read(object: &DynamicObject) -> Result<Change, JournalError> {
    let damaged = || JournalError::Damaged { name: object.metadata.name.clone().unwrap_or_default() };
    let bytes: ByteString = serde_json::from_value(object.data["data"][KEY].clone()).map_err(|_| damaged())?;
    serde_json::from_slice(&bytes.0).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtls_kubernetes::Inverse;

    fn change(id: &str) -> Change {
        Change {
            id: id.to_owned(),
            run: "20261130T120000Z-ff".to_owned(),
            scenario: "strict/enforcement-grid!permissive".to_owned(),
            step: "sabotage".to_owned(),
            at: "2026-11-30T12:00:00Z".parse().unwrap(),
            undo: Undo::Object(Inverse::Delete(Reference::new("v1", "Pod", Some("n"), "p"))),
        }
    }

    #[test]
    fn an_entry_is_read_back() {
        let object = serialize(&change("mtls-e2e-change-1")).unwrap();
        let read = read(&object).unwrap();
        assert_eq!(
            (read.scenario.as_str(), read.undo.to_string().as_str()),
            ("strict/enforcement-grid!permissive", "delete Pod n/p")
        );
        assert_eq!(object.metadata.name.as_deref(), Some("mtls-e2e-change-1"));
    }

    #[test]
    fn a_damaged_entry_is_an_error_that_names_it() {
        let mut object = serialize(&change("mtls-e2e-change-1")).unwrap();
        object.data["data"][KEY] = json!("bm8=");
        let message = read(&object).unwrap_err().to_string();
        assert!(message.starts_with("mtls-e2e-change-1 in kube-system"), "{message}");
    }

    #[tokio::test]
    async fn only_undone_changes_are_removed() {
        let journal = Journal::new(None, "r");
        let state = |state| BTreeMap::from([("a".to_owned(), state), ("b".to_owned(), State::Made)]);
        journal.open.lock().insert("s".to_owned(), state(State::Made));
        journal.undone("s", "a");
        assert_eq!(journal.close("s").await.unwrap(), ["a"]);
        assert_eq!(journal.open.lock()["s"].keys().collect::<Vec<_>>(), ["b"]);
        assert!(journal.close("s").await.unwrap().is_empty());
    }
}
