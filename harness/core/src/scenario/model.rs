//! A scenario for the runner: every name resolved, every step with exactly one action.

mod cases;
pub(super) mod library;
mod observing;
mod over_time;
mod sabotage;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::client_behaviour::{BehaviourCase, ClientBehaviour};
pub use cases::{Cases, Target};
pub use observing::{
    Answers, EnvoyConfig, Exec, Inspect, Misconfigure, OtherText, ProxyStatus, Reapply, Reload, RuleFault, SvidKind,
    SvidRequest, Trust, Verify, WorkloadFaults,
};
pub use over_time::{Connections, Presents, Rotate, Traffic, TrafficStart, Trigger};
pub use sabotage::{Change, Mode, Sabotage};

use super::{documented_command::DocumentedCommand, rule_tests::Rules};
use crate::expectation::{Expectations, Quantifier};

pub use super::participant::{Identity, IdentityIssuer, Participant, TRUST_DOMAIN};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Changes nothing that others can see, and runs beside anything. It may have certificates issued and run the reference client.
    Shared,
    /// Changes only objects of its own.
    Namespace,
    /// Changes the mesh or the issuers: alone on its cluster.
    Cluster,
}

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub id: String,
    pub description: String,
    pub action: Action,
    pub when: Quantifier,
    pub timeout: Duration,
    /// Requirement ids; keys `client.port`, `*.port`, `client` and `*`, see [`Step::requirements_of`]. Steps without a grid use `*`.
    pub requirements: BTreeMap<String, Vec<String>>,
    pub expect: Expectations,
    pub deviates: Option<Deviates>,
    /// Line of the step in its file, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Step {
    /// What a cell of a grid is evidence for: the narrowest key that names it decides alone.
    pub fn requirements_of(&self, row: &str, column: &str) -> &[String] {
        let keys = [format!("{row}.{column}"), format!("*.{column}"), row.to_owned(), "*".to_owned()];
        keys.iter().find_map(|key| self.requirements.get(key)).map_or(&[], Vec::as_slice)
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Alert(Alert),
    Apply(Apply),
    Break(Break),
    Cases(Cases),
    Command(DocumentedCommand),
    ClientBehaviour(ClientBehaviour),
    Delete(ObjectReference),
    EnvoyConfig(EnvoyConfig),
    Exec(Exec),
    Get(Get),
    Heal(String),
    Inspect(Inspect),
    Patch(Patch),
    Probe(Probe),
    Promql(Promql),
    ProxyStatus(ProxyStatus),
    Reapply(Reapply),
    Rotate(Rotate),
    Rules(Rules),
    Svid(SvidRequest),
    Traffic(Traffic),
    Trust(Trust),
    Wait(Get),
    Misconfigure(Misconfigure),
}

impl Action {
    /// The word that names it in a file.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Alert(_) => "alert",
            Self::Apply(_) => "apply",
            Self::Break(_) => "break",
            Self::Cases(_) => "cases",
            Self::Command(_) => "command",
            Self::ClientBehaviour(_) => "client-behaviour",
            Self::Delete(_) => "delete",
            Self::EnvoyConfig(_) => "envoy-config",
            Self::Exec(_) => "exec",
            Self::Get(_) => "get",
            Self::Heal(_) => "heal",
            Self::Inspect(_) => "inspect",
            Self::Patch(_) => "patch",
            Self::Probe(_) => "probe",
            Self::Promql(_) => "promql",
            Self::ProxyStatus(_) => "proxy-status",
            Self::Reapply(_) => "reapply",
            Self::Rotate(_) => "rotate",
            Self::Rules(_) => "rules",
            Self::Svid(_) => "svid",
            Self::Traffic(_) => "traffic",
            Self::Trust(_) => "trust",
            Self::Wait(_) => "wait",
            Self::Misconfigure(_) => "misconfigure",
        }
    }

    /// Whether its observation can be judged. That of `wait` is not: a wait that runs out is a step error.
    pub fn observes(&self) -> bool {
        match self {
            Self::Traffic(traffic) => traffic.start.is_none(),
            Self::Alert(_)
            | Self::Cases(_)
            | Self::Command(_)
            | Self::ClientBehaviour(_)
            | Self::EnvoyConfig(_)
            | Self::Get(_)
            | Self::Inspect(_)
            | Self::Probe(_)
            | Self::Promql(_)
            | Self::ProxyStatus(_)
            | Self::Reapply(_)
            | Self::Rotate(_)
            | Self::Rules(_)
            | Self::Svid(_) => true,
            _ => false,
        }
    }
}

/// A handshake grid: every client against every port of one server.
#[derive(Clone, Debug, Serialize)]
pub struct Probe {
    /// The server.
    pub to: String,
    pub ports: Vec<ServerPort>,
    /// Client → one legend word per port.
    pub clients: BTreeMap<String, Vec<String>>,
    /// Legend word → what every attempt of such a cell must show (`outcome`, `peer.spiffe`, `server.saw.spiffe`, `tls.version` …).
    pub legend: BTreeMap<String, Expectations>,
    pub attempts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServerPort {
    Http,
    Metrics,
    AppMtls,
    Tcp,
}

impl ServerPort {
    /// The word in scenario files and check ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Metrics => "metrics",
            Self::AppMtls => "app-mtls",
            Self::Tcp => "tcp",
        }
    }
}

/// Objects of one kind: the facts are the object itself (`name`) or, without `name`, a list: `items.#`, `items.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Get {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    #[serde(default)]
    pub namespace: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub selector: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectReference {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    #[serde(default)]
    pub namespace: Option<String>,
    pub name: String,
}

/// Server-side apply. Objects that did not exist are deleted again at the end of the scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Apply {
    #[serde(default)]
    pub objects: Vec<Value>,
    /// A folder of the project's infrastructure trees, such as `lab/rotating`.
    #[serde(default)]
    pub tree: Option<String>,
}

/// JSON merge patch; the inverse is registered before it is applied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    pub target: ObjectReference,
    pub merge: Value,
}

/// An instant query: facts `value` (first sample), `values`, `greatest`, `series` (count). An absent series leaves `value` undefined.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promql {
    pub query: String,
}

/// A Prometheus alert and its delivery: facts `state` (`inactive`, `pending`, `firing`, `missing`), `delivered.firing`, `delivered.resolved`, `labels.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alert {
    pub name: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// A known violation of a hardening requirement in cells of a grid. Where the observation is not the expected one but the recorded one,
/// the verdict is `finding`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviates {
    /// The hardening requirement; the cells are evidence for it alone.
    pub from: String,
    /// Legend word that says what the requirement demands.
    pub instead_of: String,
    /// Legend word for what is observed instead.
    pub observed: String,
    /// Why it is so.
    pub reason: String,
    /// Requirements that bound the harm.
    pub compensated_by: Vec<String>,
}

/// A fault: raw steps, and the proof that it is live. Undone by `heal` or at the end of the scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Break {
    pub steps: Vec<Step>,
    pub confirm: Box<Step>,
    /// What holds again after it is undone.
    pub recovered: Option<Box<Step>>,
}

impl Break {
    /// The steps of the fault, its proof, and what holds after it.
    pub fn every_step(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain([&*self.confirm]).chain(self.recovered.as_deref())
    }
}
