//! The table of verbs, and everything that is made from it.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Facts, Footprint, Named, Participants, Role, Site, Verb,
    effects::Effects,
    schema::branch,
    step::{Deviates, Step},
};
use crate::{
    scenario::{
        resolver::Resolver,
        spelling::{Evidence, Span},
    },
    yaml::Node,
};

/// Makes of the table the steps as written and as resolved, and the dispatch to the verbs.
macro_rules! verbs {
    ($dollar:tt; $($verb:ident: $variant:ident($spec:ident) = $name:tt,)+) => {
        $(use super::$verb::$spec;)+

        /// What a step does.
        #[derive(Clone, Debug, Serialize)]
        pub enum Action {
            $(#[serde(rename = $name)] $variant($spec),)+
        }

        /// The words of all verbs.
        pub(in crate::scenario) const NAMES: &[&str] = &[$($name,)+];

        $(impl Named for $spec {
            const NAME: &'static str = $name;
        })+

        /// One row for each verb.
        pub fn rows() -> Vec<Row> {
            vec![$(Row { name: $name, about: <$spec as Verb>::ABOUT },)+]
        }

        /// One step as written: exactly one verb.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::scenario) struct WrittenStep {
            pub(in crate::scenario) id: Option<String>,
            pub(in crate::scenario) description: Option<String>,
            $(#[serde(rename = $name)] $verb: Option<<$spec as Verb>::Written>,)+
            pub(in crate::scenario) requirements: Option<Evidence>,
            pub(in crate::scenario) expect: Option<BTreeMap<String, Value>>,
            pub(in crate::scenario) deviates: Option<Deviates>,
            pub(in crate::scenario) eventually: Option<Span>,
            pub(in crate::scenario) always: Option<Span>,
            pub(in crate::scenario) never: Option<Span>,
            pub(in crate::scenario) timeout: Option<String>,
        }

        impl JsonSchema for WrittenStep {
            fn schema_name() -> Cow<'static, str> {
                "Step".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut branches = Vec::new();
                $(
                    let parameters = generator.subschema_for::<<$spec as Verb>::Written>();
                    branches.push(branch($name, &<$spec as Verb>::ABOUT, &parameters, generator));
                )+
                json_schema!({"description": "One step: exactly one verb.", "oneOf": branches})
            }
        }

        impl WrittenStep {
            /// The actions of the step, in the order of the table, and the words of its verbs. An action that is of no use is
            /// missing, which has been reported.
            pub(in crate::scenario) fn resolve(
                &mut self,
                node: &Node,
                step: &str,
                resolver: &mut Resolver<'_>,
            ) -> (Vec<Action>, Vec<&'static str>) {
                let (mut actions, mut words) = (Vec::new(), Vec::new());
                let deviation = self.deviates.as_ref().map(|known| known.observed.as_str());
                $(if let Some(written) = self.$verb.take() {
                    let site = Site { node: node.nearest(&[$name]), step, deviation };
                    actions.extend(<$spec as Verb>::resolve(written, &site, resolver).map(Action::$variant));
                    words.push($name);
                })+
                (actions, words)
            }
        }

        /// Does the same with the parameters of an [`Action`], whichever verb it is: `with_verb!(action, spec => spec.run())`.
        #[macro_export]
        macro_rules! with_verb {
            ($dollar action:expr, $dollar spec:ident => $dollar body:expr) => {
                match $dollar action {
                    $($crate::scenario::verbs::Action::$variant($dollar spec) => $dollar body,)+
                }
            };
        }
    };
}

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

/// A verb of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub about: About,
}

fn name<V: Named>(_: &V) -> &'static str {
    V::NAME
}

fn about<V: Verb>(_: &V) -> About {
    V::ABOUT
}

impl Action {
    /// The word that names it in a file.
    pub fn verb(&self) -> &'static str {
        with_verb!(self, spec => name(spec))
    }

    /// What holds of every step with its verb.
    pub fn about(&self) -> About {
        with_verb!(self, spec => about(spec))
    }

    /// What it is for the steps around it.
    pub fn role(&self) -> Role<'_> {
        with_verb!(self, spec => spec.role())
    }

    /// Whether its observation can be judged. That of `wait` is not: a wait that runs out is a step error.
    pub fn observes(&self) -> bool {
        self.role().observes()
    }

    /// The facts that a step with it may expect.
    pub fn facts(&self) -> Facts {
        with_verb!(self, spec => spec.facts())
    }

    /// What it does beside looking, when it uses these participants.
    pub fn effects(&self, participants: &Participants) -> Effects {
        with_verb!(self, spec => spec.effects(participants))
    }

    /// The resources that it touches, when it uses these participants.
    pub fn footprint(&self, participants: &Participants) -> Footprint {
        with_verb!(self, spec => spec.footprint(participants))
    }

    pub(in crate::scenario) fn check(&self, step: &Step, node: &Node, resolver: &mut Resolver<'_>) {
        with_verb!(self, spec => spec.check(step, node, resolver));
    }
}
