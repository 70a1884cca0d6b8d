//! What a step does to the examined system beside looking at it: objects that change, credentials that are obtained, programs
//! that run.
//!
//! Each verb states its own. Pure. Which effects a run may have is decided in `effects::permissions`; nothing here prevents one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::step::Step;
use crate::scenario::participant::Participant;

/// Everything that a step does beside looking. Each effect displays as a predicate of the step: `deletes Secret a/b`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub objects: BTreeSet<Change>,
    pub credentials: BTreeSet<Credential>,
    pub processes: BTreeSet<Process>,
}

/// Something that others can see changed: an object, or a file or program that others use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Objects, or a tree of them, are created or changed.
    Applied(String),
    /// Whatever this program changes: no object stands for it.
    Arbitrary(String),
    Deleted(String),
    /// Files of this participant are swapped.
    FilesSwapped(String),
    /// A program or a rule file that others use is made faulty.
    Misconfigured(String),
    /// The server that issues SVIDs signs with a new authority.
    NextAuthority,
    Patched(String),
    /// The certificate in this Secret is renewed.
    Renewed(String),
    /// What this fault changed is changed back.
    Restored(String),
}

/// A certificate, key, token or SVID that is valid in the examined system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// A CA of the harness's own under the cluster's issuer: it could sign anything.
    Authority,
    /// An SVID of this participant, from the Workload API.
    Fetched(String),
    /// A certificate for this participant, signed by the cluster's issuer for a key of the harness.
    Issued(String),
    /// Secrets with private keys are read. Nothing but their certificates, and whether a key matches, is kept.
    KeyRead(String),
    /// The identity of this participant's pod, which a program in that pod presents.
    Presented(String),
}

/// A program that runs in the cluster, or is made to answer or to restart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Process {
    /// The reference client runs in this participant's pod, and calls workloads.
    Client(String),
    /// A command runs on the control plane.
    Console,
    /// A program of the scenario's choice runs in a pod.
    Program(String),
    /// This program of the cluster is asked for its state, by a command in its container.
    Query(String),
    /// Requests go to this service, through the API server.
    Request(String),
    /// The workload of this participant starts anew.
    Restarted(String),
}

impl Effects {
    /// The effects of steps that follow each other.
    pub fn of_all<'a>(steps: impl IntoIterator<Item = &'a Step>, participants: &BTreeMap<String, Participant>) -> Self {
        steps.into_iter().map(|step| step.action.effects(participants)).fold(Self::default(), Self::and)
    }

    /// The first effect that another scenario could notice, if there is one. A certificate that is issued, and programs that call
    /// workloads or ask for their state, disturb no other scenario.
    pub fn disturbance(&self) -> Option<String> {
        let authority = self.credentials.iter().find(|one| **one == Credential::Authority);
        let restart = self.processes.iter().find(|one| matches!(one, Process::Restarted(_)));
        let first = self.objects.first().map(ToString::to_string);
        first.or_else(|| authority.map(ToString::to_string)).or_else(|| restart.map(ToString::to_string))
    }

    pub(super) fn of_change(change: Change) -> Self {
        Self { objects: [change].into(), ..Self::default() }
    }

    pub(super) fn of_process(process: Process) -> Self {
        Self { processes: [process].into(), ..Self::default() }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.objects.insert(change);
    }

    pub(super) fn credential(&mut self, credential: Credential) {
        self.credentials.insert(credential);
    }

    pub(super) fn fetch_svid(&mut self, member: &str) {
        self.process(Process::Client(member.to_owned()));
        self.credential(Credential::Fetched(member.to_owned()));
    }

    pub(super) fn process(&mut self, process: Process) {
        self.processes.insert(process);
    }

    fn and(mut self, other: Self) -> Self {
        self.objects.extend(other.objects);
        self.credentials.extend(other.credentials);
        self.processes.extend(other.processes);
        self
    }
}

impl Process {
    /// The sidecar of this participant is asked for its state.
    pub(super) fn sidecar_of(member: &str) -> Self {
        Self::Query(format!("the sidecar of `{member}`"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(what) => write!(f, "applies {what}"),
            Self::Arbitrary(program) => write!(f, "runs `{program}`, which may change anything"),
            Self::Deleted(object) => write!(f, "deletes {object}"),
            Self::FilesSwapped(member) => write!(f, "swaps the certificate files of `{member}`"),
            Self::Misconfigured(what) => write!(f, "makes {what} faulty"),
            Self::NextAuthority => write!(f, "activates another authority for SVIDs"),
            Self::Patched(object) => write!(f, "patches {object}"),
            Self::Renewed(secret) => write!(f, "has the certificate in {secret} renewed"),
            Self::Restored(fault) => write!(f, "undoes the fault `{fault}`"),
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority => write!(f, "has a CA of its own signed by the cluster's issuer"),
            Self::Fetched(member) => write!(f, "fetches an SVID of `{member}`"),
            Self::Issued(member) => write!(f, "has a certificate for `{member}` signed by the cluster's issuer"),
            Self::KeyRead(secret) => write!(f, "reads {secret}, with the private key"),
            Self::Presented(member) => write!(f, "presents the identity of the pod of `{member}`"),
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(member) => write!(f, "runs the reference client in the pod of `{member}`"),
            Self::Console => write!(f, "runs a command on the control plane"),
            Self::Program(command) => write!(f, "runs `{command}` in a pod"),
            Self::Query(program) => write!(f, "runs a command in the container of {program}"),
            Self::Request(service) => write!(f, "sends requests to {service}"),
            Self::Restarted(member) => write!(f, "restarts the workload of `{member}`"),
        }
    }
}
