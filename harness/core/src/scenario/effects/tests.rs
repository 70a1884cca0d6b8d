//! Effects of steps that are written as in a file. What a verb does in the cluster is seen in `harness/runner/tests/existing.rs`.

use std::collections::BTreeSet;

use super::*;
use crate::scenario::{load::example, model::Scenario};

fn scenario(isolation: &str, steps: &str) -> Scenario {
    let text = format!(
        r#"
apiVersion: mtls-e2e/v1alpha2
kind: Scenario
metadata: {{id: x/y, title: t, owner: o}}
proves: [MESH-01]
needs: {{features: [], budget: 10m}}
isolation: {isolation}
participants:
  server: {{workload: proxy-api, namespace: n}}
  injected: {{client: client, namespace: n}}
  plain: {{client: plain, namespace: o, sidecar: false}}
  filed: {{client: plain, namespace: o, sidecar: false, wire: {{files: true}}}}
  rogue: {{client: plain, namespace: o, sidecar: false, identity: {{issuer: rogue, spiffe: "spiffe://x/y"}}}}
  signed: {{client: plain, namespace: o, sidecar: false, identity: {{issuer: mesh, spiffe: "spiffe://x/y"}}}}
steps:
- id: everybody
  requirements: [MESH-01]
  probe:
    to: server
    ports: [app-mtls]
    clients: {{injected: [open], plain: [closed], filed: [open], rogue: [closed], signed: [open]}}
    legend: {{open: {{outcome: established}}, closed: {{outcome: [reset]}}}}
{steps}"#
    );
    example("x/y", &text, &["MESH-01"])
}

fn of(steps: &str) -> Effects {
    let scenario = scenario("cluster", steps);
    Effects::of_all(scenario.steps.iter().skip(1), &scenario.participants)
}

fn texts<T: ToString>(effects: &BTreeSet<T>) -> Vec<String> {
    effects.iter().map(ToString::to_string).collect()
}

#[test]
fn the_effects_of_a_grid_come_from_its_cast() {
    let scenario = scenario("shared", "");
    let effects = Effects::of_all(&scenario.steps, &scenario.participants);
    assert!(effects.objects.is_empty());
    let owned = str::to_owned;
    let expected = [
        Credential::Issued(owned("signed")),
        Credential::Presented(owned("filed")),
        Credential::Presented(owned("injected")),
    ];
    assert_eq!(effects.credentials, expected.into());
    let everybody = ["filed", "injected", "plain", "rogue", "signed"];
    assert_eq!(effects.processes, everybody.map(|member| Process::Client(owned(member))).into());
    assert_eq!(effects.disturbance(), None);
}

#[test]
fn reading_has_no_effect_but_that_of_a_secret() {
    let nothing = of("- {id: a, get: {apiVersion: v1, kind: Pod, namespace: n}, expect: {items.#: 1}}\n\
                      - {id: b, wait: {apiVersion: v1, kind: Pod, namespace: n}, expect: {items.#: 1}}");
    assert_eq!(nothing, Effects::default());
    let secrets = of("- {id: a, inspect: {secret: n/leaf, anchor: n/root}, expect: {exists: true}}\n\
                      - {id: b, get: {apiVersion: v1, kind: Secret, namespace: n, name: s}, expect: {exists: true}}");
    assert_eq!((secrets.objects.len(), secrets.processes.len()), (0, 0));
    assert_eq!(
        texts(&secrets.credentials),
        ["leaf", "root", "s"].map(|name| format!("reads Secret n/{name}, with the private key"))
    );
    assert!(secrets.needs().all(|(_, need)| need == Need::Nothing));
}

#[test]
fn a_fault_has_the_effects_of_all_its_parts() {
    let effects =
        of("- id: outage\n  break:\n    do: [{delete: {apiVersion: v1, kind: Pod, namespace: n, name: p}}]\n    \
                      confirm: {svid: {of: plain, kind: x509}, expect: {outcome: no-identity}}\n\
                      - {heal: outage}");
    assert_eq!(texts(&effects.objects), ["deletes Pod n/p", "undoes the fault `outage`"]);
    assert_eq!(effects.credentials, [Credential::Fetched("plain".to_owned())].into());
    assert_eq!(effects.processes, [Process::Client("plain".to_owned())].into());
    assert_eq!(effects.disturbance().as_deref(), Some("deletes Pod n/p"));
}

#[test]
fn what_sets_off_a_rotation_decides() {
    let rotated = |how: &str| of(&format!("- {{id: a, rotate: {{{how}}}, expect: {{renewals: 1}}}}"));
    assert!(rotated("secret: n/s, trigger: natural").objects.is_empty());
    assert_eq!(texts(&rotated("secret: n/s, trigger: renew").objects), ["has the certificate in Secret n/s renewed"]);
    assert_eq!(texts(&rotated("secret: n/s, trigger: delete-secret").objects), ["deletes Secret n/s"]);
    let next = rotated("svid: injected, trigger: next-authority");
    assert_eq!(next.objects, [Change::NextAuthority].into());
    assert_eq!(next.credentials, [Credential::Fetched("injected".to_owned())].into());
}

#[test]
fn a_refusal_names_the_first_effect_and_its_option() {
    let reading = |allowed: &[Allowance]| Permissions::Reading(allowed.iter().copied().collect());
    let looks = scenario("shared", "");
    let issue = "step `everybody` (`probe`) has a certificate for `signed` signed by the cluster's issuer, which needs --allow-issue";
    let probes = "step `everybody` (`probe`) presents the identity of the pod of `filed`, which needs --allow-probes";
    assert_eq!(reading(&[]).refusal(&looks, "existing"), Some(format!("{issue}; {probes}")));
    assert_eq!(reading(&[Allowance::Probes]).refusal(&looks, "existing").as_deref(), Some(issue));
    assert_eq!(reading(&[Allowance::Issue]).refusal(&looks, "existing").as_deref(), Some(probes));
    assert_eq!(reading(&Allowance::ALL).refusal(&looks, "existing"), None);
    let changes = scenario("cluster", "- {delete: {apiVersion: v1, kind: Pod, namespace: n, name: p}}");
    assert_eq!(
        reading(&Allowance::ALL).refusal(&changes, "existing").as_deref(),
        Some("step `steps-2` (`delete`) deletes Pod n/p, which never happens in world existing")
    );
    assert_eq!(Permissions::Everything.refusal(&changes, "kind"), None);
}
