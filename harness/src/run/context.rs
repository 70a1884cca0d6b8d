//! What the steps of one scenario share.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{recorder::Recorder, steps::traffic::Stream};
use crate::{
    evidence::event::{Event, Sample},
    kubernetes::Inverse,
    scenario::{
        check_id,
        model::{CastMember, Exec, Scenario, Step},
    },
    world::World,
};

/// The state of a running scenario: what must be undone, and what runs beside it.
pub(super) struct Context<'a> {
    pub(super) world: &'a World,
    pub(super) recorder: &'a Recorder,
    pub(super) scenario: &'a Scenario,
    /// What happened before is another run's business.
    pub(super) started: Timestamp,
    inverses: Mutex<Vec<(String, Undo)>>,
    taken_back: Mutex<Vec<Inverse>>,
    streams: Mutex<BTreeMap<String, Stream>>,
}

/// How to take back one change.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    /// Run this text beside the trees.
    Command(String),
    /// Run this in the place of the change.
    Exec(Exec),
    /// The reference client had these faults before.
    Faults(Vec<String>),
    /// The member is to hold the certificate again that it was given at first.
    Leaf(Box<CastMember>),
    Object(Inverse),
    /// This rule file of a tree is to be read again, and not what takes its place.
    Rules(String),
    /// A workload is to do again as it should.
    Sound(Box<CastMember>),
}

/// Why a step could not do its work. Ours to answer for, never a verdict about the product.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Trouble(pub(super) String);

/// One look, ready to be recorded.
pub(super) struct Look {
    pub(super) facts: Value,
    pub(super) source: &'static str,
    pub(super) evidence: Vec<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(world: &'a World, recorder: &'a Recorder, scenario: &'a Scenario) -> Self {
        Self {
            world,
            recorder,
            scenario,
            started: Timestamp::now(),
            inverses: Mutex::default(),
            taken_back: Mutex::default(),
            streams: Mutex::default(),
        }
    }

    /// A cast member; the loader has checked that it exists.
    pub(super) fn member(&self, name: &str) -> Result<&'a CastMember, Trouble> {
        self.scenario.cast.get(name).ok_or_else(|| Trouble(format!("nobody called {name} is in the cast")))
    }

    /// Keeps what undoes a change, under the id of the step that makes it.
    pub(super) fn will_undo(&self, step: &str, inverse: Undo) {
        lock(&self.inverses).push((step.to_owned(), inverse));
    }

    /// Takes the inverses of one step, or of all, last change first.
    pub(super) fn inverses_of(&self, step: Option<&str>) -> Vec<Undo> {
        let mut inverses = lock(&self.inverses);
        let (taken, kept): (Vec<_>, Vec<_>) =
            inverses.drain(..).partition(|(owner, _)| step.is_none_or(|step| step == owner));
        *inverses = kept;
        taken.into_iter().rev().map(|(_, inverse)| inverse).collect()
    }

    /// Remembers that an object is as it was: it has to stay so.
    pub(super) fn took_back(&self, inverse: Inverse) {
        lock(&self.taken_back).push(inverse);
    }

    /// What was taken back so far, in that order.
    pub(super) fn taken_back(&self) -> Vec<Inverse> {
        lock(&self.taken_back).clone()
    }

    pub(super) fn streams(&self) -> MutexGuard<'_, BTreeMap<String, Stream>> {
        lock(&self.streams)
    }

    pub(super) fn observed(&self, check: String, look: Look) {
        let sample = Sample {
            at: Timestamp::now(),
            facts: look.facts,
            source: look.source.to_owned(),
            evidence: look.evidence,
            problem: None,
        };
        self.recorder.emit(Event::Observed { scenario: self.scenario.id.clone(), check, sample });
    }

    /// Records that looking failed: the check becomes `broken`, with this reason.
    pub(super) fn could_not_look(&self, check: String, trouble: &Trouble) {
        let sample = Sample {
            at: Timestamp::now(),
            facts: Value::Null,
            source: "direct".to_owned(),
            evidence: Vec::new(),
            problem: Some(trouble.0.clone()),
        };
        self.recorder.emit(Event::Observed { scenario: self.scenario.id.clone(), check, sample });
    }

    pub(super) fn check_id(&self, step: &Step) -> String {
        check_id(&self.scenario.id, &step.id)
    }

    /// Puts an instant or a span on the report's timeline.
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

impl Trouble {
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        Self(super::recorder::chain(error))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
