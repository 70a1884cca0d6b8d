//! A world in memory, for tests of what runs scenarios: objects as data, a timeline of what was done to them, and answers
//! that a test chooses.
//!
//! It has no participants: what needs one is not supported here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use mtls_core::scenario::{
    Offered,
    effects::Permissions,
    model::{Participant, ServerPort},
};
use mtls_engine::wait::{WaitError, pause};
use mtls_kubernetes::{DynamicObject, Inverse, KubeError, Output, Reference};
use mtls_pki::{IssuingCa, Material};
use parking_lot::Mutex;
use serde_json::Value;

use super::{
    Address, World,
    backend::{Announce, Backend, ClientCall, ClientSession, IdentityRequest, MemberError, Pace, Work},
};
use crate::stack::{Known, Sources, workload::Variable};

/// What happened, in order, one line each. Shared with the record of a run, so that both have one order.
pub(crate) type Timeline = Arc<Mutex<Vec<String>>>;

/// How an operation ends that a test has chosen, such as `apply ConfigMap n/one`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It never ends.
    Hangs,
    /// It succeeds and changes nothing.
    Ignores,
    Refuses,
    /// It succeeds after this time.
    Takes(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct Fake {
    offered: Option<Offered>,
    timeline: Timeline,
    objects: Mutex<BTreeMap<Reference, DynamicObject>>,
    answers: Mutex<BTreeMap<String, Answer>>,
    inventory: Mutex<Vec<String>>,
}

impl Fake {
    /// A world with these features and permissions.
    pub(crate) fn new(features: &[&str], permissions: Permissions) -> Arc<Self> {
        let features: BTreeSet<String> = features.iter().map(|feature| (*feature).to_owned()).collect();
        let offered = Some(Offered { world: "fake".to_owned(), features, permissions });
        Arc::new(Self { offered, ..Self::default() })
    }

    pub(crate) fn world(self: &Arc<Self>) -> World {
        let backend: Arc<dyn Backend> = Arc::clone(self) as Arc<dyn Backend>;
        World::new(backend, "in memory".to_owned(), Sources::new(std::path::Path::new("."), None))
    }

    pub(crate) fn timeline(&self) -> Timeline {
        Arc::clone(&self.timeline)
    }

    /// Chooses how an operation ends, such as `undo ConfigMap n/one`, until [`Self::answer_normally`].
    pub(crate) fn answer(&self, operation: &str, answer: Answer) {
        self.answers.lock().insert(operation.to_owned(), answer);
    }

    pub(crate) fn answer_normally(&self, operation: &str) {
        self.answers.lock().remove(operation);
    }

    /// Adds an object as if it had always been there.
    pub(crate) fn with(&self, object: Value) {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        self.objects.lock().insert(Reference::of(&object).unwrap(), object);
    }

    /// The object as a scenario would read it.
    pub(crate) fn object(&self, reference: &Reference) -> Option<DynamicObject> {
        self.objects.lock().get(reference).cloned()
    }

    /// Adds a line to the inventory, such as a process that nobody ends.
    pub(crate) fn leave(&self, what: &str) {
        self.inventory.lock().push(what.to_owned());
    }

    /// Does one operation under its chosen answer.
    async fn operation<T: Default>(
        &self,
        verb: &str,
        reference: &Reference,
        work: impl FnOnce(&mut BTreeMap<Reference, DynamicObject>) -> Result<T, KubeError>,
    ) -> Result<T, KubeError> {
        let operation = format!("{verb} {reference}");
        self.timeline.lock().push(operation.clone());
        let answer = self.answers.lock().get(&operation).copied();
        match answer {
            Some(Answer::Hangs) => std::future::pending().await,
            Some(Answer::Ignores) => return Ok(T::default()),
            Some(Answer::Refuses) => {
                return Err(KubeError::Refused { object: reference.to_string(), last: "a test refuses it".to_owned() });
            }
            Some(Answer::Takes(time)) => pause(time).await,
            None => {}
        }
        work(&mut self.objects.lock())
    }
}

/// An operation that a fake world does not have.
fn none<'a, T>(fake: &'a Fake, what: &'static str) -> Work<'a, Result<T, MemberError>> {
    Box::pin(async move { Err(fake.lacks(what).into()) })
}

impl Backend for Fake {
    fn offered(&self) -> &Offered {
        self.offered.as_ref().unwrap()
    }

    fn pace(&self) -> Pace {
        Pace { parallel: 1, trials: 2, log_delay: Duration::ZERO, recovery: Duration::from_millis(50) }
    }

    fn outlives_the_run(&self) -> bool {
        true
    }

    fn environment<'a>(&'a self, _known: &'a Known) -> Work<'a, Result<BTreeMap<String, Value>, KubeError>> {
        Box::pin(async { Ok(BTreeMap::new()) })
    }

    fn inventory(&self) -> Work<'_, Result<Vec<String>, KubeError>> {
        Box::pin(async { Ok(self.inventory.lock().clone()) })
    }

    fn settled(&self, _limit: Duration) -> Work<'_, Result<(), WaitError>> {
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<Option<DynamicObject>, KubeError>> {
        Box::pin(self.operation("get", reference, |objects| Ok(objects.get(reference).cloned())))
    }

    fn list<'a>(
        &'a self,
        api_version: &'a str,
        kind: &'a str,
        namespace: Option<&'a str>,
        _selector: Option<&'a str>,
    ) -> Work<'a, Result<Vec<DynamicObject>, KubeError>> {
        let matches = move |reference: &Reference| {
            reference.api_version == api_version
                && reference.kind == kind
                && namespace.is_none_or(|namespace| reference.namespace.as_deref() == Some(namespace))
        };
        let objects = self.objects.lock();
        let found = objects.iter().filter(|(reference, _)| matches(reference)).map(|(_, object)| object.clone());
        let found: Vec<DynamicObject> = found.collect();
        Box::pin(async { Ok(found) })
    }

    fn apply<'a>(&'a self, object: &'a DynamicObject, _limit: Duration) -> Work<'a, Result<(), KubeError>> {
        Box::pin(async move {
            let reference = Reference::of(object)?;
            let work = |objects: &mut BTreeMap<_, _>| {
                objects.insert(reference.clone(), object.clone());
                Ok(())
            };
            self.operation("apply", &reference, work).await
        })
    }

    fn merge<'a>(&'a self, reference: &'a Reference, patch: &'a Value) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.operation("patch", reference, |objects| {
            let object = objects.get_mut(reference).ok_or_else(|| KubeError::Missing(reference.clone()))?;
            let mut value = serde_json::to_value(&*object).unwrap();
            json_patch::merge(&mut value, patch);
            *object = serde_json::from_value(value).unwrap();
            Ok(())
        }))
    }

    fn delete<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.operation("delete", reference, |objects| {
            objects.remove(reference);
            Ok(())
        }))
    }

    fn undo<'a>(&'a self, inverse: &'a Inverse) -> Work<'a, Result<(), KubeError>> {
        Box::pin(async move {
            let reference = match inverse {
                Inverse::Delete(reference) => reference.clone(),
                Inverse::Restore(object) => Reference::of(object)?,
            };
            let work = |objects: &mut BTreeMap<_, _>| {
                match inverse {
                    Inverse::Delete(_) => objects.remove(&reference),
                    Inverse::Restore(object) => objects.insert(reference.clone(), (**object).clone()),
                };
                Ok(())
            };
            self.operation("undo", &reference, work).await
        })
    }

    fn address(&self, _caller: &Participant, server: &Participant, _port: ServerPort) -> Address {
        Address { host: server.account().to_owned(), port: 1 }
    }

    fn source(&self, _caller: &Participant) -> Option<String> {
        None
    }

    fn place<'a>(&'a self, _member: &'a Participant) -> Work<'a, Result<String, MemberError>> {
        none(self, "participants")
    }

    fn run_client<'a>(
        &'a self,
        _call: ClientCall<'a>,
        _limit: Duration,
    ) -> Work<'a, Result<(String, Output), MemberError>> {
        none(self, "participants")
    }

    fn start_client<'a>(&'a self, _call: ClientCall<'a>) -> Work<'a, Result<ClientSession, MemberError>> {
        none(self, "participants")
    }

    fn access_log<'a>(
        &'a self,
        _server: &'a Participant,
        _since: Timestamp,
    ) -> Work<'a, Result<Vec<Value>, MemberError>> {
        none(self, "participants")
    }

    fn workload_log<'a>(
        &'a self,
        _server: &'a Participant,
        _since: Timestamp,
    ) -> Work<'a, Result<String, MemberError>> {
        none(self, "participants")
    }

    fn set_workload_faults<'a>(
        &'a self,
        _member: &'a Participant,
        _variables: &'a [Variable],
    ) -> Work<'a, Result<(), MemberError>> {
        none(self, "participants")
    }

    fn issue<'a>(
        &'a self,
        _request: IdentityRequest<'a>,
        _changes: &'a dyn Announce,
    ) -> Work<'a, Result<Material, MemberError>> {
        none(self, "issuer")
    }

    fn issuing_ca<'a>(&'a self, _changes: &'a dyn Announce) -> Work<'a, Result<IssuingCa, MemberError>> {
        none(self, "issuer")
    }
}
