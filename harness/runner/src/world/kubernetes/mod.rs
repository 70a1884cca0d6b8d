//! A Kubernetes cluster as the system under test: one that the harness made, or one of the user's.
//!
//! How it came to be is not known here: `kind` and `existing` say what it offers and which requests its client may send.

mod issue;
mod members;
mod misconfigure;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use mtls_core::scenario::{
    Offered,
    model::{Participant, ServerPort, TRUST_DOMAIN},
};
use mtls_engine::wait::WaitError;
use mtls_kubernetes::{DynamicObject, Inverse, Kube, KubeError, Output, Reference};
use mtls_pki::{IssuingCa, Material};
use serde_json::Value;

use super::{
    address::Address,
    backend::{Announce, Backend, ClientCall, ClientSession, IdentityRequest, MemberError, Pace, RECOVERY, Work},
};
use crate::stack::{
    self, Known, Trees,
    envoy::{Pushed, SidecarCertificates, held, pushed},
    istio,
    workload::{self, Variable},
};

/// A Kubernetes API server, and the trees that may be applied to it.
#[derive(Clone, Debug)]
pub(super) struct Kubernetes {
    pub(super) kube: Kube,
    pub(super) offered: Offered,
    /// Trees that a scenario may apply; `None` in an existing cluster.
    pub(super) trees: Option<Trees>,
    /// Further facts of the environment.
    pub(super) facts: BTreeMap<String, Value>,
}

impl Backend for Kubernetes {
    fn offered(&self) -> &Offered {
        &self.offered
    }

    fn pace(&self) -> Pace {
        // Two trials, because a sabotage makes programs restart.
        Pace { parallel: 4, trials: 2, log_delay: Duration::from_secs(2), recovery: RECOVERY }
    }

    fn outlives_the_run(&self) -> bool {
        true
    }

    fn environment<'a>(&'a self, known: &'a Known) -> Work<'a, Result<BTreeMap<String, Value>, KubeError>> {
        Box::pin(async {
            let mut facts = stack::environment(&self.kube, known).await?;
            facts.extend(self.facts.clone());
            Ok(facts)
        })
    }

    fn inventory(&self) -> Work<'_, Result<Vec<String>, KubeError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn settled(&self, limit: Duration) -> Work<'_, Result<(), WaitError>> {
        Box::pin(stack::settled(&self.kube, limit))
    }

    fn get<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<Option<DynamicObject>, KubeError>> {
        Box::pin(self.kube.get(reference))
    }

    fn list<'a>(
        &'a self,
        api_version: &'a str,
        kind: &'a str,
        namespace: Option<&'a str>,
        selector: Option<&'a str>,
    ) -> Work<'a, Result<Vec<DynamicObject>, KubeError>> {
        Box::pin(self.kube.list(api_version, kind, namespace, selector))
    }

    fn apply<'a>(&'a self, object: &'a DynamicObject, limit: Duration) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.kube.apply(object, limit))
    }

    fn merge<'a>(&'a self, reference: &'a Reference, patch: &'a Value) -> Work<'a, Result<(), KubeError>> {
        Box::pin(async { self.kube.merge(reference, patch).await.map(|_| ()) })
    }

    fn delete<'a>(&'a self, reference: &'a Reference) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.kube.delete(reference))
    }

    fn undo<'a>(&'a self, inverse: &'a Inverse) -> Work<'a, Result<(), KubeError>> {
        Box::pin(self.kube.undo(inverse))
    }

    fn address(&self, _caller: &Participant, server: &Participant, port: ServerPort) -> Address {
        Address { host: workload::host(server), port: workload::port(port) }
    }

    /// A sidecar in a pod shares the address of the pod.
    fn source(&self, _caller: &Participant) -> Option<String> {
        None
    }

    fn place<'a>(&'a self, member: &'a Participant) -> Work<'a, Result<String, MemberError>> {
        Box::pin(async {
            let pod = self.ready_pod(member).await?;
            Ok(pod.data["status"]["podIP"].as_str().unwrap_or_default().to_owned())
        })
    }

    fn run_client<'a>(
        &'a self,
        call: ClientCall<'a>,
        limit: Duration,
    ) -> Work<'a, Result<(String, Output), MemberError>> {
        Box::pin(self.run(call, limit))
    }

    fn start_client<'a>(&'a self, call: ClientCall<'a>) -> Work<'a, Result<ClientSession, MemberError>> {
        Box::pin(self.start(call))
    }

    fn access_log<'a>(
        &'a self,
        server: &'a Participant,
        since: Timestamp,
    ) -> Work<'a, Result<Vec<Value>, MemberError>> {
        Box::pin(async move {
            let pod = self.pod(server).await?;
            Ok(istio::access_log(&self.kube, &server.namespace, &pod, since).await?)
        })
    }

    fn workload_log<'a>(&'a self, server: &'a Participant, since: Timestamp) -> Work<'a, Result<String, MemberError>> {
        Box::pin(async move {
            let pod = self.pod(server).await?;
            Ok(self.kube.logs(&server.namespace, &pod, members::container_of(server), since).await?)
        })
    }

    fn set_workload_faults<'a>(
        &'a self,
        member: &'a Participant,
        variables: &'a [Variable],
    ) -> Work<'a, Result<(), MemberError>> {
        Box::pin(async { Ok(self.restart(member, variables).await?) })
    }

    fn issue<'a>(
        &'a self,
        request: IdentityRequest<'a>,
        changes: &'a dyn Announce,
    ) -> Work<'a, Result<Material, MemberError>> {
        Box::pin(self.leaf(request, changes))
    }

    fn issuing_ca<'a>(&'a self, changes: &'a dyn Announce) -> Work<'a, Result<IssuingCa, MemberError>> {
        Box::pin(self.authority(changes))
    }

    fn kube(&self) -> Option<&Kube> {
        Some(&self.kube)
    }

    fn trees(&self) -> Option<&Trees> {
        self.trees.as_ref()
    }

    fn pushed_config<'a>(&'a self, server: &'a Participant) -> Work<'a, Result<Pushed, MemberError>> {
        Box::pin(async {
            let pod = self.pod(server).await?;
            let pushed = pushed(&self.kube, server.account(), &server.namespace, &pod, TRUST_DOMAIN).await;
            pushed.map_err(MemberError::of)
        })
    }

    fn held_by_sidecar<'a>(&'a self, member: &'a Participant) -> Work<'a, Result<SidecarCertificates, MemberError>> {
        Box::pin(async {
            let pod = self.pod(member).await?;
            held(&self.kube, &member.namespace, &pod).await.map_err(MemberError::of)
        })
    }
}
