//! The fingerprint of a trial: which distinguishes a proof of today's trial from a proof of another one.
//!
//! Input: a trial. Output: SHA-256 of its participants and steps as JSON with sorted keys, without the lines where they stand. A record stores
//! it, so the JSON is a format: a field keeps its serialized name when it is renamed, or every proof before that has to be repeated. What the
//! steps refer to outside of the scenario, such as trees, is not in it.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::model::{Participant, Scenario, Step};

/// What a trial does and observes.
#[derive(Serialize)]
struct Content<'a> {
    participants: &'a BTreeMap<String, Participant>,
    setup: &'a [Step],
    steps: &'a [Step],
    finally: &'a [Step],
}

/// `sha256:` and hex digits.
pub(super) fn fingerprint(trial: &Scenario) -> String {
    let content = Content {
        participants: &trial.participants,
        setup: &trial.setup,
        steps: &trial.steps,
        finally: &trial.finally,
    };
    // Every key of every map in there is a string, which is all that JSON demands. Going through `Value` sorts the keys.
    let canonical = serde_json::to_value(content).expect("a scenario is JSON");
    format!("sha256:{}", hex::encode(Sha256::digest(canonical.to_string())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::{load::example, trial::trial};

    const TRIAL: &str = r#"
apiVersion: mtls-e2e/v1alpha2
kind: Scenario
metadata: {id: x/y, title: t, owner: o}
proves: [MESH-01]
needs: {features: [istio], budget: 10m}
isolation: cluster
participants:
  server: {workload: proxy-api, namespace: prod}
  injected: {client: client, namespace: prod}
  plain: {client: plain, namespace: outside, sidecar: false}
setup:
- get: {apiVersion: v1, kind: Pod, namespace: prod, selector: app=a}
  expect: {items.#: ">= 1"}
steps:
- id: grid
  requirements: [MESH-01]
  description: "broken since line: 12"
  probe:
    to: server
    ports: [http]
    clients: {injected: [open], plain: [closed]}
    attempts: 7
    legend: {open: {outcome: established}, closed: {outcome: [reset]}}
- id: value
  promql: {query: "up{a='line: 34'}"}
  expect: {value: 1}
  always: {for: 10s, samples: 20}
sabotage:
- id: s
  do: [{patch: {target: {apiVersion: v1, kind: Pod, namespace: prod, name: p}, merge: {spec: {b: 1, a: 2}}}}]
  confirm: {promql: {query: up}, expect: {value: 0}}
  must-fail: {"grid.plain.http": {outcome: established}}
  must-pass: [value]
"#;

    fn of(text: &str) -> String {
        let scenario = example("x/y", text, &["MESH-01"]);
        fingerprint(&trial(&scenario, &scenario.sabotages[0]))
    }

    fn changed(text: &str, by: &str) -> String {
        assert!(TRIAL.contains(text), "{text}");
        of(&TRIAL.replace(text, by))
    }

    #[test]
    fn places_and_the_order_of_keys_do_not_count() {
        for same in [
            format!("# a remark\n\n{TRIAL}"),
            TRIAL.replace("- id: grid", "\n\n# a remark\n- id: grid"),
            TRIAL.replace("{b: 1, a: 2}", "{a: 2, b: 1}"),
        ] {
            assert_eq!(of(&same), of(TRIAL), "{same}");
        }
    }

    #[test]
    fn every_value_counts() {
        let changes = [
            ("name: p}", "name: q}"),
            ("{b: 1, a: 2}", "{b: 1, a: 3}"),
            ("attempts: 7", "attempts: 8"),
            ("[reset]", "[closed-early]"),
            ("samples: 20", "samples: 21"),
            ("for: 10s", "for: 11s"),
            ("selector: app=a", "selector: app=b"),
            ("{value: 0}", "{value: 2}"),
            ("namespace: outside", "namespace: elsewhere"),
            // Text that looks like a place is text.
            ("since line: 12", "since line: 13"),
            ("'line: 34'", "'line: 3'"),
        ];
        let seen: BTreeSet<String> = changes.iter().map(|(text, by)| changed(text, by)).chain([of(TRIAL)]).collect();
        assert_eq!(seen.len(), changes.len() + 1);
    }

    /// A new format makes every recorded proof one of something else. That may be meant: then say so in the changelog.
    #[test]
    fn the_format_is_the_recorded_one() {
        assert_eq!(of(TRIAL), "sha256:a4afeb8383930025f56aad5d8012b0d73b333a92630f8b42a4afc06732d69c0c");
    }
}
