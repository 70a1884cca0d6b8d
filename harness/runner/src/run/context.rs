//! The state that the steps of one scenario share.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mtls_core::{
    evidence::event::{Event, Sample},
    scenario::{
        check_id,
        model::{Participant, Scenario, Step},
    },
};
use mtls_kubernetes::Inverse;
use parking_lot::Mutex;
use serde_json::Value;

use super::{error::StepError, journal::Journal, recorder::Recorder, state::VerbStates, undo::Undo};
use crate::world::World;

/// The world, the record and the journal of a run.
#[derive(Clone, Copy)]
pub(super) struct RunContext<'a> {
    pub(super) world: &'a World,
    pub(super) recorder: &'a Recorder,
    pub(super) journal: &'a Journal,
}

/// The state of a running scenario: the changes to undo and the state of each verb.
pub(super) struct Context<'a> {
    pub(super) world: &'a World,
    pub(super) recorder: &'a Recorder,
    journal: &'a Journal,
    pub(super) scenario: &'a Scenario,
    /// Start of the scenario; earlier notifications are not its own.
    pub(super) started: Timestamp,
    changes: Mutex<Vec<Made>>,
    undone_objects: Mutex<Vec<Inverse>>,
    /// The state that each verb keeps between its steps.
    pub(super) states: VerbStates,
}

/// A change that is not undone yet.
pub(super) struct Made {
    /// Its id in the journal.
    pub(super) id: String,
    step: String,
    pub(super) undo: Undo,
}

/// One observation, ready to be recorded.
pub(super) struct Observation {
    pub(super) facts: Value,
    pub(super) source: &'static str,
    pub(super) evidence: Vec<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(run: RunContext<'a>, scenario: &'a Scenario) -> Self {
        Self {
            world: run.world,
            recorder: run.recorder,
            journal: run.journal,
            scenario,
            started: Timestamp::now(),
            changes: Mutex::default(),
            undone_objects: Mutex::default(),
            states: VerbStates::default(),
        }
    }

    /// A participant; the loader has checked that it exists.
    pub(super) fn member(&self, name: &str) -> Result<&'a Participant, StepError> {
        self.scenario.participants.get(name).ok_or_else(|| StepError(format!("the scenario has no participant {name}")))
    }

    /// Registers how to undo a change, under the id of its step. The caller makes the change only after this returns
    /// `Ok`.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(super) async fn will_undo(&self, step: &str, undo: Undo) -> Result<(), StepError> {
        let id = self.journal.write(&self.scenario.id, step, &undo).await.map_err(|error| StepError::of(&error))?;
        self.recorder.emit(Event::ChangeAnnounced {
            change: id.clone(),
            scenario: self.scenario.id.clone(),
            step: step.to_owned(),
            undo: undo.to_string(),
        });
        self.changes.lock().push(Made { id, step: step.to_owned(), undo });
        Ok(())
    }

    /// Removes and returns the changes of one step, or of all steps, last change first.
    pub(super) fn changes_of(&self, step: Option<&str>) -> Vec<Made> {
        let mut changes = self.changes.lock();
        let (taken, kept): (Vec<_>, Vec<_>) =
            changes.drain(..).partition(|made| step.is_none_or(|step| step == made.step));
        *changes = kept;
        taken.into_iter().rev().collect()
    }

    /// Marks a change as undone. `leftovers` later checks that an object is still as it was before.
    pub(super) fn undone(&self, made: Made) {
        self.journal.undone(&self.scenario.id, &made.id);
        if let Undo::Object(inverse) = made.undo {
            self.undone_objects.lock().push(inverse);
        }
    }

    /// The inverses that were applied so far, in that order.
    pub(super) fn taken_back(&self) -> Vec<Inverse> {
        self.undone_objects.lock().clone()
    }

    pub(super) fn observed(&self, check: String, observation: Observation) {
        let sample = Sample {
            at: Timestamp::now(),
            facts: observation.facts,
            source: observation.source.to_owned(),
            evidence: observation.evidence,
            problem: None,
        };
        self.recorder.emit(Event::Observed { scenario: self.scenario.id.clone(), check, sample });
    }

    /// Stores a file as evidence of the scenario, as [`Recorder::put`] does.
    pub(super) fn store(&self, bytes: &[u8], media_type: &str) -> Vec<String> {
        self.recorder.put(&self.scenario.id, bytes, media_type)
    }

    /// Records a failed observation: the check becomes `broken`, with this reason.
    pub(super) fn observation_failed(&self, check: String, error: &StepError) {
        let sample = Sample {
            at: Timestamp::now(),
            facts: Value::Null,
            source: "direct".to_owned(),
            evidence: Vec::new(),
            problem: Some(error.0.clone()),
        };
        self.recorder.emit(Event::Observed { scenario: self.scenario.id.clone(), check, sample });
    }

    pub(super) fn check_id(&self, step: &Step) -> String {
        check_id(&self.scenario.id, &step.id)
    }

    /// Puts an instant or a time span on the timeline of the report.
    pub(super) fn mark(
        &self,
        track: &str,
        label: String,
        from: Timestamp,
        until: Option<Timestamp>,
        facts: BTreeMap<String, Value>,
    ) {
        self.recorder.emit(Event::Marked {
            scenario: self.scenario.id.clone(),
            track: track.to_owned(),
            label,
            from,
            until,
            facts,
        });
    }
}
