//! The verbs of the scenario language: one file per verb, and one table of all.
//!
//! A file says everything about its verb that holds without a world: how it is written, how it is resolved and which mistakes are
//! refused, its facts and quantifiers, its role among other steps, its effects and its footprint. The table makes of them the
//! [`Action`] of a step, everything that asks an action, and [`with_verb!`](crate::with_verb), by which the runner finds what
//! carries a verb out. How a verb is carried out is not here.

mod about;
mod absence;
pub(in crate::scenario) mod effects;
mod fault;
mod footprint;
#[macro_use]
mod generate;
mod grid;
mod object;
mod program;
mod schema;
mod step;

pub mod alert;
pub mod apply;
pub mod break_;
pub mod cases;
pub mod client_behaviour;
pub mod command;
pub mod delete;
pub mod envoy_config;
pub mod exec;
pub mod get;
pub mod heal;
pub mod inspect;
pub mod misconfigure;
pub mod patch;
pub mod probe;
pub mod promql;
pub mod proxy_status;
pub mod reapply;
pub mod rotate;
pub mod rules;
pub mod svid;
pub mod traffic;
pub mod trust;
pub mod wait;

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    participant::Participant,
    resolver::Resolver,
    spelling::{Evidence, Span},
};
use crate::yaml::Node;
use schema::branch;

pub use about::{About, Facts, Quantifiers, Repeats, Role, Words};
pub use fault::Fault;
pub use footprint::{Footprint, Reach, Resource};
pub use grid::{CaseGrid, HandshakeGrid, Target};
pub use object::{ObjectQuery, ObjectReference};
pub use program::PodProgram;
pub use step::{Deviates, Step};

verbs! { $;
    alert: Alert(AlertSpec) = "alert",
    apply: Apply(ApplySpec) = "apply",
    break_: Break(BreakSpec) = "break",
    cases: Cases(CasesSpec) = "cases",
    client_behaviour: ClientBehaviour(ClientBehaviourSpec) = "client-behaviour",
    command: Command(CommandSpec) = "command",
    delete: Delete(DeleteSpec) = "delete",
    envoy_config: EnvoyConfig(EnvoyConfigSpec) = "envoy-config",
    exec: Exec(ExecSpec) = "exec",
    get: Get(GetSpec) = "get",
    heal: Heal(HealSpec) = "heal",
    inspect: Inspect(InspectSpec) = "inspect",
    misconfigure: Misconfigure(MisconfigureSpec) = "misconfigure",
    patch: Patch(PatchSpec) = "patch",
    probe: Probe(ProbeSpec) = "probe",
    promql: Promql(PromqlSpec) = "promql",
    proxy_status: ProxyStatus(ProxyStatusSpec) = "proxy-status",
    reapply: Reapply(ReapplySpec) = "reapply",
    rotate: Rotate(RotateSpec) = "rotate",
    rules: Rules(RulesSpec) = "rules",
    svid: Svid(SvidSpec) = "svid",
    traffic: Traffic(TrafficSpec) = "traffic",
    trust: Trust(TrustSpec) = "trust",
    wait: Wait(WaitSpec) = "wait",
}

// Behind the table, which defines `with_verb`.
mod action;

/// A verb of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub about: About,
}

type Participants = BTreeMap<String, Participant>;

/// The word of a verb. The table implements it.
pub trait Named {
    const NAME: &'static str;
}

/// A verb, by its resolved parameters. Nothing has a default: a new verb does not compile before all of it is stated.
pub(in crate::scenario) trait Verb: Named + Sized {
    const ABOUT: About;

    /// Its parameters as authors write them.
    type Written: DeserializeOwned + JsonSchema;

    /// Resolves every name, and complains of each mistake; `None` when nothing usable is left.
    fn resolve(written: Self::Written, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self>;

    /// Complains of mistakes that only the whole step shows.
    fn check(&self, step: &Step, node: &Node, resolver: &mut Resolver<'_>);

    /// Those of [`About::facts`], unless the parameters decide.
    fn facts(&self) -> Facts;

    fn role(&self) -> Role<'_>;

    fn effects(&self, participants: &Participants) -> effects::Effects;

    fn footprint(&self, participants: &Participants) -> Footprint;
}

/// Where a verb stands.
pub(in crate::scenario) struct Site<'a> {
    /// Its parameters.
    pub(in crate::scenario) node: &'a Node,
    /// The id of its step, or what stands for it.
    pub(in crate::scenario) step: &'a str,
    /// The legend word of a known deviation, which no cell names.
    pub(in crate::scenario) deviation: Option<&'a str>,
}
