//! A scenario for the runner: every name resolved, every step with exactly one action.

pub(super) mod library;
mod sabotage;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

pub use super::{
    client_behaviour::BehaviourCase,
    isolation::Isolation,
    participant::{Identity, IdentityIssuer, Participant, TRUST_DOMAIN},
    server_port::ServerPort,
    verbs::{
        Action, CaseGrid, Deviates, Fault, HandshakeGrid, ObjectQuery, ObjectReference, PodProgram, Step, Target,
        misconfigure::{Answers, OtherText, Reload, RuleFault, Verify, WorkloadFaults},
        svid::SvidKind,
        traffic::{Connections, Presents, TrafficStart},
    },
};
pub use sabotage::{Change, Mode, Sabotage};

#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its path under `scenarios/` without suffix: `strict/enforcement-grid`.
    pub id: String,
    pub title: String,
    pub description: String,
    pub tags: Vec<String>,
    pub owner: String,
    pub file: PathBuf,
    pub proves: BTreeSet<String>,
    pub needs: Needs,
    pub isolation: Isolation,
    pub participants: BTreeMap<String, Participant>,
    /// A failure here makes the scenario `broken`, not `fail`.
    pub setup: Vec<Step>,
    pub steps: Vec<Step>,
    /// Runs whatever happened before.
    pub finally: Vec<Step>,
    /// Faults under which its checks must fail.
    pub sabotages: Vec<Sabotage>,
}

#[derive(Clone, Debug)]
pub struct Needs {
    /// What the world must have, of [`super::feature::FEATURES`].
    pub features: BTreeSet<String>,
    /// Wall time after which the scenario is over budget.
    pub budget: Duration,
}
