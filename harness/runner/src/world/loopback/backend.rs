//! What a run needs of a world, done by processes on loopback addresses.

use std::{collections::BTreeMap, io, time::Duration};

use futures::future::BoxFuture;
use jiff::Timestamp;
use mtls_core::scenario::{
    Offered,
    model::{Participant, ServerPort},
};
use mtls_engine::wait::WaitError;
use mtls_kubernetes::{DynamicObject, Inverse, KubeError, Output, Reference};
use mtls_pki::{IssuingCa, Material};
use serde_json::Value;

use super::{LocalError, LocalSession, Loopback};
use crate::{
    stack::{Known, workload::Variable},
    world::{
        address::Address,
        backend::{
            Announce, Backend, ClientCall, ClientSession, IdentityRequest, MemberError, Pace, RECOVERY, SessionProcess,
            Work,
        },
    },
};

impl Backend for Loopback {
    fn offered(&self) -> &Offered {
        &self.offered
    }

    fn pace(&self) -> Pace {
        // The inventory covers the whole world and cannot attribute a leftover to one of two trials.
        Pace { parallel: 16, trials: 1, log_delay: Duration::from_millis(200), recovery: RECOVERY }
    }

    fn outlives_the_run(&self) -> bool {
        false
    }

    fn environment<'a>(&'a self, known: &'a Known) -> Work<'a, Result<BTreeMap<String, Value>, KubeError>> {
        Box::pin(async { Ok(self.facts(known).await) })
    }

    fn inventory(&self) -> Work<'_, Result<Vec<String>, KubeError>> {
        Box::pin(self.ports_and_policies())
    }

    /// A change is live when it returns.
    fn settled(&self, _limit: Duration) -> Work<'_, Result<(), WaitError>> {
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<Option<DynamicObject>, KubeError>> {
        Box::pin(async { self.store.lock().await.get(reference) })
    }

    fn list<'a>(
        &'a self,
        api_version: &'a str,
        kind: &'a str,
        namespace: Option<&'a str>,
        selector: Option<&'a str>,
    ) -> Work<'a, Result<Vec<DynamicObject>, KubeError>> {
        Box::pin(async move { self.store.lock().await.list(api_version, kind, namespace, selector) })
    }

    fn apply<'a>(&'a self, object: &'a DynamicObject, _limit: Duration) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.change(|store| store.put(object.clone())))
    }

    fn merge<'a>(&'a self, reference: &'a Reference, patch: &'a Value) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.change(|store| store.merge(reference, patch)))
    }

    fn delete<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.change(|store| store.delete(reference)))
    }

    fn undo<'a>(&'a self, inverse: &'a Inverse) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.change(|store| match inverse {
            Inverse::Delete(reference) => store.delete(reference),
            Inverse::Restore(object) => store.put((**object).clone()),
        }))
    }

    fn address(&self, caller: &Participant, server: &Participant, port: ServerPort) -> Address {
        self.listener(caller, server, port)
    }

    fn source(&self, caller: &Participant) -> Option<String> {
        self.placements.caller(caller).map(|caller| format!("{}:0", caller.address))
    }

    /// The placement of the participant, or 127.0.0.1 without one.
    fn place<'a>(&'a self, member: &'a Participant) -> Work<'a, Result<String, MemberError>> {
        let caller = self.placements.caller(member);
        let place = caller.map_or_else(|| "127.0.0.1".to_owned(), |caller| caller.address.to_string());
        Box::pin(async { Ok(place) })
    }

    fn run_client<'a>(
        &'a self,
        call: ClientCall<'a>,
        limit: Duration,
    ) -> Work<'a, Result<(String, Output), MemberError>> {
        Box::pin(async move {
            let output = self.run(call.member, call.arguments, call.job, limit).await;
            Ok((call.member.account().to_owned(), output.map_err(MemberError::of)?))
        })
    }

    fn start_client<'a>(&'a self, call: ClientCall<'a>) -> Work<'a, Result<ClientSession, MemberError>> {
        Box::pin(async move {
            let session = self.spawn(call.member, call.arguments, call.job).await;
            let mut session = session.map_err(MemberError::of)?;
            let silent = || MemberError::of(LocalError::Silent { member: call.member.account().to_owned() });
            let stdout = session.child.stdout.take().ok_or_else(silent)?;
            Ok(ClientSession { stdout: Box::new(stdout), guard: Box::new(session) })
        })
    }

    fn access_log<'a>(
        &'a self,
        server: &'a Participant,
        since: Timestamp,
    ) -> Work<'a, Result<Vec<Value>, MemberError>> {
        Box::pin(async move { self.access_log_since(server, since).map_err(MemberError::of) })
    }

    fn workload_log<'a>(&'a self, server: &'a Participant, since: Timestamp) -> Work<'a, Result<String, MemberError>> {
        Box::pin(async move { self.workload_log_since(server, since).map_err(MemberError::of) })
    }

    fn set_workload_faults<'a>(
        &'a self,
        member: &'a Participant,
        variables: &'a [Variable],
    ) -> Work<'a, Result<(), MemberError>> {
        Box::pin(async { self.restart(member, variables).await.map_err(MemberError::of) })
    }

    fn issue<'a>(
        &'a self,
        request: IdentityRequest<'a>,
        _changes: &'a dyn Announce,
    ) -> Work<'a, Result<Material, MemberError>> {
        Box::pin(async move { self.sign(request.spiffe, request.lifetime).map_err(MemberError::of) })
    }

    fn issuing_ca<'a>(&'a self, _changes: &'a dyn Announce) -> Work<'a, Result<IssuingCa, MemberError>> {
        Box::pin(async { self.identities.authority().issuing().map_err(MemberError::of) })
    }

    fn proxy(&self, server: &Participant) -> Result<Address, MemberError> {
        self.proxy_of(server).map_err(MemberError::of)
    }

    fn reissue(&self, member: &Participant, lifetime: Option<Duration>) -> Result<String, MemberError> {
        self.renew(member, lifetime).map_err(MemberError::of)
    }

    fn restore_leaf(&self, member: &Participant) -> Result<(), MemberError> {
        self.restore(member).map_err(MemberError::of)
    }
}

impl SessionProcess for LocalSession {
    fn say<'a>(&'a mut self, words: &'a [u8]) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(self.write(words))
    }
}
