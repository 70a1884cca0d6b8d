//! The resources that a step changes and reads, from which the scheduler sees whether two scenarios may run at the same time.
//!
//! Pure, and without names of products: which resource belongs to which part of the stack is known to the runner.

use super::Participants;

/// What a step touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    pub changed: Vec<Resource>,
    pub read: Vec<Resource>,
    /// Kinds of what it changes outside of any namespace.
    pub beyond_namespaces: Vec<String>,
    /// Participants whose programs or pods it observes: when these are gone, so is what it observes.
    pub observed: Vec<String>,
    pub reach: Reach,
}

/// How far a step reaches beside the resources that it names. Ordered: what reaches farther includes the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    #[default]
    Named,
    /// It depends on everything in the namespaces of the participants, because they connect.
    Participants,
    /// It may touch any resource: a cluster-scoped object, a program of the harness, a shell command.
    Everything,
}

/// A part of the examined system that a step names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Whatever issues certificates.
    Issuers,
    /// Objects of an API version from which certificates come, if it is such a version.
    IssuedFrom(String),
    /// Everything in a namespace.
    Namespace(String),
    /// The objects of an API version in a namespace.
    Objects { api_version: String, namespace: String },
    /// A cluster-scoped object of an API version. It belongs to the scenario, unless it registers identities of others.
    Registered(String),
    /// A Secret, as `namespace/name`.
    Secret(String),
    /// A Secret as `namespace/name`, or a cluster-scoped trust store by its name.
    Store(String),
    /// An infrastructure tree.
    Tree(String),
}

impl Footprint {
    /// It touches no resource of the examined system.
    pub(super) fn nothing() -> Self {
        Self::default()
    }

    /// It may touch any resource.
    pub(super) fn everything() -> Self {
        Self { reach: Reach::Everything, ..Self::default() }
    }

    /// The participants connect.
    pub(super) fn of_participants() -> Self {
        Self { reach: Reach::Participants, ..Self::default() }
    }

    pub(super) fn reading(read: Vec<Resource>) -> Self {
        Self { read, ..Self::default() }
    }

    pub(super) fn changing(changed: Vec<Resource>) -> Self {
        Self { changed, ..Self::default() }
    }

    /// What both touch, as a fault touches what its steps touch. Each of them answers for itself for what lies beyond namespaces.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.changed.extend(other.changed);
        self.read.extend(other.read);
        self.reach = self.reach.max(other.reach);
        self
    }
}

impl Resource {
    /// The namespace of a participant.
    pub(super) fn namespace_of(name: &str, participants: &Participants) -> Option<Self> {
        participants.get(name).map(|member| Self::Namespace(member.namespace.clone()))
    }

    pub(super) fn objects(api_version: &str, namespace: &str) -> Self {
        Self::Objects { api_version: api_version.to_owned(), namespace: namespace.to_owned() }
    }
}
