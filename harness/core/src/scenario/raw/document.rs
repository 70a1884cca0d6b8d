//! The keys of a document and of its steps.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::{
    sabotage::Sabotage,
    spelling::{Evidence, MatcherShape, Scalar, Span},
};
use crate::{
    api_version::ApiVersion,
    scenario::{
        cases::TargetKind,
        documented_command::Replacement,
        model::{
            Alert, Apply, ClientBehaviour, Deviates, EnvoyConfig, Exec, Get, Inspect, Isolation, Misconfigure,
            ObjectReference, Participant, Patch, Promql, ProxyStatus, Reapply, Rotate, ServerPort, SvidRequest, Target,
            Traffic, Trust,
        },
    },
};

/// JSON Schema of a scenario file, for editors and for `scenarios/schema.json`.
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// [`schema`] as `scenarios/schema.json` holds it.
pub fn schema_text() -> String {
    // A schema is plain JSON: writing it into a string cannot fail.
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text + "\n"
}

/// A mutual TLS scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Scenario")]
pub(in crate::scenario) struct Document {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    pub(in crate::scenario) api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    pub(in crate::scenario) kind: Kind,
    pub(in crate::scenario) metadata: Metadata,
    /// Every requirement that some step names under `requirements`, and no other.
    pub(in crate::scenario) proves: Vec<String>,
    pub(in crate::scenario) needs: Needs,
    pub(in crate::scenario) isolation: Isolation,
    /// Constants, used as `${name}`.
    #[serde(default)]
    #[expect(dead_code, reason = "filled into the text before it is decoded")]
    pub(in crate::scenario) vars: BTreeMap<String, Scalar>,
    /// Clients and servers; `${name.spiffe}` and `${name.namespace}` may be used in steps.
    #[serde(default)]
    pub(in crate::scenario) participants: BTreeMap<String, Participant>,
    /// A failure here makes the scenario `broken`, never `fail`.
    #[serde(default)]
    pub(in crate::scenario) setup: Vec<Step>,
    /// What is judged, in order.
    #[serde(default)]
    pub(in crate::scenario) steps: Vec<Step>,
    /// Runs whatever happened before.
    #[serde(default)]
    pub(in crate::scenario) finally: Vec<Step>,
    /// Sabotages under which its checks must fail: `cargo xtask prove`.
    #[serde(default)]
    pub(in crate::scenario) sabotage: Vec<Sabotage>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::scenario) enum Kind {
    Scenario,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Metadata {
    /// Path under `scenarios/` without suffix: `strict/enforcement-grid`.
    pub(in crate::scenario) id: String,
    /// The claim, in one sentence a release manager understands.
    pub(in crate::scenario) title: String,
    #[serde(default)]
    pub(in crate::scenario) description: String,
    #[serde(default)]
    pub(in crate::scenario) tags: Vec<String>,
    pub(in crate::scenario) owner: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Needs {
    /// What the world must have: kubernetes, mesh, cert-manager, spire, istio, prometheus, alertmanager, promtool, printed-commands.
    pub(in crate::scenario) features: Vec<String>,
    /// Longest wall time, such as `5m`.
    pub(in crate::scenario) budget: String,
}

/// One step: exactly one verb.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Step {
    /// Required on judged steps: part of the check's id, stable for years.
    pub(in crate::scenario) id: Option<String>,
    /// What happens, for people.
    pub(in crate::scenario) description: Option<String>,

    pub(in crate::scenario) alert: Option<Alert>,
    pub(in crate::scenario) apply: Option<Apply>,
    #[serde(rename = "break")]
    pub(in crate::scenario) break_: Option<Break>,
    pub(in crate::scenario) cases: Option<Cases>,
    pub(in crate::scenario) command: Option<Command>,
    #[serde(rename = "client-behaviour")]
    pub(in crate::scenario) client_behaviour: Option<ClientBehaviour>,
    pub(in crate::scenario) delete: Option<ObjectReference>,
    #[serde(rename = "envoy-config")]
    pub(in crate::scenario) envoy_config: Option<EnvoyConfig>,
    pub(in crate::scenario) exec: Option<Exec>,
    pub(in crate::scenario) get: Option<Get>,
    /// Id of the `break` step to undo.
    pub(in crate::scenario) heal: Option<String>,
    pub(in crate::scenario) inspect: Option<Inspect>,
    pub(in crate::scenario) patch: Option<Patch>,
    pub(in crate::scenario) probe: Option<Probe>,
    pub(in crate::scenario) promql: Option<Promql>,
    #[serde(rename = "proxy-status")]
    pub(in crate::scenario) proxy_status: Option<ProxyStatus>,
    pub(in crate::scenario) reapply: Option<Reapply>,
    pub(in crate::scenario) rotate: Option<Rotate>,
    pub(in crate::scenario) rules: Option<Rules>,
    pub(in crate::scenario) svid: Option<SvidRequest>,
    pub(in crate::scenario) traffic: Option<Traffic>,
    pub(in crate::scenario) trust: Option<Trust>,
    pub(in crate::scenario) wait: Option<Get>,
    pub(in crate::scenario) misconfigure: Option<Misconfigure>,

    /// Requirement ids this step is evidence for; for a probe also `client`, `client.port` or `*.port` → ids.
    pub(in crate::scenario) requirements: Option<Evidence>,
    /// Path into the facts → matcher.
    #[schemars(with = "Option<BTreeMap<String, MatcherShape>>")]
    pub(in crate::scenario) expect: Option<BTreeMap<String, Value>>,
    /// What is known to be observed instead, in a grid.
    pub(in crate::scenario) deviates: Option<Deviates>,
    /// Must hold 3 times in a row before this long has passed.
    pub(in crate::scenario) eventually: Option<Span>,
    /// Must hold at every observation for this long.
    pub(in crate::scenario) always: Option<Span>,
    /// Must hold at no observation for this long.
    pub(in crate::scenario) never: Option<Span>,
    /// Longest wall time of the step, default `60s`.
    pub(in crate::scenario) timeout: Option<String>,
}

/// A handshake grid: every client against every port of one server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Probe {
    /// Participant that plays the server.
    pub(in crate::scenario) to: String,
    pub(in crate::scenario) ports: Vec<ServerPort>,
    /// Client → one legend word per port.
    pub(in crate::scenario) clients: BTreeMap<String, Vec<String>>,
    /// Legend word → what every attempt of such a cell must show.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, MatcherShape>>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    pub(in crate::scenario) legend: BTreeMap<String, BTreeMap<String, Value>>,
    /// Attempts per cell, default 5.
    pub(in crate::scenario) attempts: Option<u32>,
}

/// A file of certificate cases, put to targets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Cases {
    /// Name of the file under `cases/` without suffix: `client-certificates`.
    pub(in crate::scenario) of: String,
    /// Participant that presents them: it calls, or for certificates of servers it serves.
    pub(in crate::scenario) from: String,
    /// The SPIFFE ID in them, unless the flaw is about it.
    #[serde(rename = "as")]
    pub(in crate::scenario) identity: String,
    /// Kind of target → which participant it is.
    pub(in crate::scenario) targets: BTreeMap<TargetKind, Target>,
    /// Attempts of each client that must be refused, default 20: all must end the same way.
    pub(in crate::scenario) repeat: Option<u32>,
}

/// A command that a document prints, run on the control plane as it is printed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::scenario) struct Command {
    /// As the document prints it.
    pub(in crate::scenario) printed: String,
    /// Parts that are not run as printed.
    #[serde(default)]
    pub(in crate::scenario) replace: Vec<Replacement>,
    /// When its output counts as an answer; default: it ends with 0.
    #[schemars(with = "Option<BTreeMap<String, MatcherShape>>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    pub(in crate::scenario) answered_when: Option<BTreeMap<String, Value>>,
    /// What a reader must learn from the answer.
    #[schemars(with = "BTreeMap<String, MatcherShape>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    pub(in crate::scenario) must_show: BTreeMap<String, Value>,
    /// The command to run instead; it must end with 0 and show the same.
    pub(in crate::scenario) correction: Option<String>,
    /// Ended after this long, default `20s`.
    pub(in crate::scenario) timeout: Option<String>,
    /// Takes back what it changes, at the end of the scenario.
    pub(in crate::scenario) undo: Option<String>,
}

/// Alert rules without a cluster: one file checked, or several tested. Rule files are named by tree and path, such as
/// `mtls/monitoring/rules/corrected.rules.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Rules {
    /// Rule file whose syntax is checked.
    pub(in crate::scenario) check: Option<String>,
    /// File of rule tests, relative to the scenario: `<name>.test.yaml`.
    pub(in crate::scenario) test: Option<String>,
    /// Rule files that are tested, in the place of the file's own `rule_files`.
    #[serde(default)]
    pub(in crate::scenario) files: Vec<String>,
    /// Names of the tests to run; default: every test of the file.
    #[serde(default)]
    pub(in crate::scenario) tests: Vec<String>,
}

/// A fault and the proof that it is live.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Break {
    #[serde(rename = "do")]
    pub(in crate::scenario) steps: Vec<Step>,
    pub(in crate::scenario) confirm: Box<Step>,
}
