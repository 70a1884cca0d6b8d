//! The effects of each verb. No wildcard stands in a match of this file.

use std::collections::BTreeMap;

use super::{Change, Credential, Effects, Process};
use crate::scenario::model::{
    Action, Apply, Break, Exec, Get, IdentityIssuer, Inspect, Misconfigure, ObjectReference, Participant, Presents,
    Probe, Rotate, ServerPort, Traffic, TrafficStart, Trigger,
};

type Participants = BTreeMap<String, Participant>;

pub(super) fn effects(action: &Action, participants: &Participants) -> Effects {
    let mut effects = Effects::default();
    match action {
        // Rules are read from files; the reference client of `client-behaviour` and its servers are processes of this machine.
        Action::ClientBehaviour(_) | Action::Rules(_) => {}
        Action::Alert(_) | Action::Promql(_) => effects.process(Process::Request("the monitoring".to_owned())),
        Action::Apply(wanted) => effects.change(Change::Applied(applied(wanted))),
        Action::Break(fault) => return of_fault(fault, participants),
        Action::Cases(cases) => {
            effects.credential(Credential::Authority);
            let callers = cases.targets.values().filter(|target| target.port.is_none()).map(|target| &target.to);
            for member in callers.chain([&cases.from]) {
                effects.process(Process::Client(member.clone()));
            }
        }
        Action::Command(printed) => {
            effects.process(Process::Console);
            if printed.undo.is_some() {
                effects.change(Change::Arbitrary(printed.text.clone()));
            }
        }
        Action::Delete(target) => effects.change(Change::Deleted(named(target))),
        Action::EnvoyConfig(wanted) => effects.process(Process::Query(sidecar_of(&wanted.of))),
        Action::Exec(wanted) => of_exec(&mut effects, wanted),
        Action::Get(get) | Action::Wait(get) => of_get(&mut effects, get),
        Action::Heal(fault) => effects.change(Change::Restored(fault.clone())),
        Action::Inspect(wanted) => of_inspect(&mut effects, wanted),
        Action::Patch(patch) => effects.change(Change::Patched(named(&patch.target))),
        Action::Probe(probe) => of_probe(&mut effects, probe, participants),
        Action::ProxyStatus(_) => effects.process(Process::Query("the control plane of the mesh".to_owned())),
        Action::Reapply(wanted) => {
            effects.credential(Credential::KeyRead("every TLS Secret".to_owned()));
            effects.change(Change::Applied(format!("the tree {}", wanted.tree)));
        }
        Action::Rotate(rotate) => of_rotate(&mut effects, rotate),
        Action::Svid(request) => of_svid(&mut effects, &request.of),
        Action::Traffic(traffic) => of_traffic(&mut effects, traffic, participants),
        Action::Trust(trust) => {
            for root in &trust.roots {
                effects.credential(Credential::KeyRead(format!("Secret {root}")));
            }
            effects.change(Change::Patched(format!("the trust store {}", trust.store)));
        }
        Action::Misconfigure(faults) => of_misconfigure(&mut effects, faults),
    }
    effects
}

impl Effects {
    fn change(&mut self, change: Change) {
        self.objects.insert(change);
    }

    fn credential(&mut self, credential: Credential) {
        self.credentials.insert(credential);
    }

    fn process(&mut self, process: Process) {
        self.processes.insert(process);
    }
}

fn of_fault(fault: &Break, participants: &Participants) -> Effects {
    Effects::of_all(fault.every_step(), participants)
}

fn of_exec(effects: &mut Effects, exec: &Exec) {
    let command = exec.command.join(" ");
    effects.process(Process::Program(command.clone()));
    effects.change(Change::Arbitrary(command));
}

/// The data of a Secret is read with it, and dropped.
fn of_get(effects: &mut Effects, get: &Get) {
    if get.kind == "Secret" {
        let place = get.namespace.as_deref().unwrap_or("every namespace");
        let what =
            get.name.as_ref().map_or_else(|| format!("Secrets in {place}"), |name| format!("Secret {place}/{name}"));
        effects.credential(Credential::KeyRead(what));
    }
}

fn of_inspect(effects: &mut Effects, inspect: &Inspect) {
    for secret in [&inspect.secret, &inspect.anchor, &inspect.issuer].into_iter().flatten() {
        effects.credential(Credential::KeyRead(format!("Secret {secret}")));
    }
    // A sidecar shows certificates and no keys.
    if let Some(member) = &inspect.sidecar {
        effects.process(Process::Query(sidecar_of(member)));
    }
}

/// A client of a grid runs in the pod of its participant. It presents an ephemeral certificate, or that of the pod.
fn of_probe(effects: &mut Effects, probe: &Probe, participants: &Participants) {
    for client in probe.clients.keys() {
        effects.process(Process::Client(client.clone()));
        let Some(member) = participants.get(client) else { continue };
        match member.identity.as_ref().map(|identity| identity.issuer) {
            Some(IdentityIssuer::Mesh) => effects.credential(Credential::Issued(client.clone())),
            // Nobody trusts it.
            Some(IdentityIssuer::Rogue) | None => {}
        }
        let has_files = member.wire.as_ref().is_some_and(|wire| wire.files);
        if member.sidecar || has_files {
            effects.credential(Credential::Presented(client.clone()));
        }
    }
}

fn of_rotate(effects: &mut Effects, rotate: &Rotate) {
    if let Some(secret) = &rotate.secret {
        effects.credential(Credential::KeyRead(format!("Secret {secret}")));
    }
    if let Some(member) = &rotate.svid {
        of_svid(effects, member);
    }
    match rotate.trigger {
        Trigger::Natural => {}
        Trigger::DeleteSecret => effects.change(Change::Deleted(format!("Secret {}", subject(rotate)))),
        Trigger::NextAuthority => effects.change(Change::NextAuthority),
        Trigger::Reissue => {
            effects.credential(Credential::Issued(subject(rotate)));
            effects.change(Change::FilesSwapped(subject(rotate)));
        }
        Trigger::Renew => effects.change(Change::Renewed(format!("Secret {}", subject(rotate)))),
    }
}

fn of_svid(effects: &mut Effects, member: &str) {
    effects.process(Process::Client(member.to_owned()));
    effects.credential(Credential::Fetched(member.to_owned()));
}

/// A stream that is looked at or ended has been started by another step; the logs of its ends are read.
fn of_traffic(effects: &mut Effects, traffic: &Traffic, participants: &Participants) {
    let Some(TrafficStart { from, port, presents, .. }) = &traffic.start else { return };
    effects.process(Process::Client(from.clone()));
    match (port, presents) {
        (ServerPort::AppMtls, Presents::Svid) => effects.credential(Credential::Fetched(from.clone())),
        (ServerPort::AppMtls, Presents::Files) => effects.credential(Credential::Presented(from.clone())),
        (ServerPort::Http | ServerPort::Metrics | ServerPort::Tcp, Presents::Files | Presents::Svid) => {}
    }
    if participants.get(from).is_none_or(|member| member.sidecar) {
        effects.credential(Credential::Presented(from.clone()));
    }
}

fn of_misconfigure(effects: &mut Effects, faults: &Misconfigure) {
    if !faults.client.is_empty() {
        effects.change(Change::Misconfigured("the reference client".to_owned()));
    }
    if let Some(rules) = &faults.rules {
        effects.change(Change::Misconfigured(format!("the rule file {}", rules.file)));
    }
    if let Some(workload) = &faults.workload {
        effects.change(Change::Misconfigured(format!("the workload of `{}`", workload.of)));
        effects.process(Process::Restarted(workload.of.clone()));
    }
}

fn applied(apply: &Apply) -> String {
    match (&apply.tree, apply.objects.len()) {
        (Some(tree), 0) => format!("the tree {tree}"),
        (Some(tree), _) => format!("objects and the tree {tree}"),
        (None, _) => "objects".to_owned(),
    }
}

fn named(target: &ObjectReference) -> String {
    match &target.namespace {
        Some(namespace) => format!("{} {namespace}/{}", target.kind, target.name),
        None => format!("{} {}", target.kind, target.name),
    }
}

fn sidecar_of(member: &str) -> String {
    format!("the sidecar of `{member}`")
}

/// Whose certificate is renewed.
fn subject(rotate: &Rotate) -> String {
    [&rotate.secret, &rotate.svid, &rotate.of].into_iter().flatten().next().cloned().unwrap_or_default()
}
