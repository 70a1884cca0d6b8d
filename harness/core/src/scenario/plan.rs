//! Which checks a run owes an answer for: scenarios against the catalogue and what a world offers.

use std::collections::BTreeSet;

use super::{
    check::{checks, name_of},
    fingerprint::fingerprint,
    library,
    model::{Isolation, Sabotage, Scenario},
    offered::{Offered, missing},
    trial::{holder, trial, under, unscripted_id},
};
use crate::{
    catalogue::Catalogue,
    evidence::plan::{
        Plan, PlannedCheck, PlannedRed, PlannedRequirement, PlannedSabotage, PlannedScenario, PlannedUnscripted,
    },
};

/// Expands scenarios into checks. A scenario that the world cannot run keeps its checks and says why. `tries` are the ids of the
/// trials that the run owes; every other sabotage is listed, and not tried.
pub fn plan(scenarios: &[Scenario], catalogue: &Catalogue, offered: &Offered, tries: &BTreeSet<String>) -> Plan {
    Plan {
        scenarios: scenarios.iter().map(|scenario| planned(scenario, offered)).collect(),
        sabotages: scenarios
            .iter()
            .flat_map(|scenario| scenario.sabotages.iter().map(|one| sabotage(scenario, one, offered, tries)))
            .collect(),
        wild: Vec::new(),
        requirements: catalogue
            .requirements
            .iter()
            .map(|requirement| PlannedRequirement {
                id: requirement.id.clone(),
                text: requirement.text.clone(),
                level: requirement.level,
                source: requirement.source.to_string(),
                controls: requirement.controls.clone(),
            })
            .collect(),
    }
}

/// What a run owes that runs every scenario with `isolation: shared` again under each of these changes.
pub fn plan_unscripted(
    scenarios: &[Scenario],
    changes: &[(&str, &library::Entry)],
    offered: &Offered,
) -> Vec<PlannedUnscripted> {
    changes
        .iter()
        .map(|(name, entry)| {
            let not_applicable = lacking(&holder(&unscripted_id(name), &entry.change), offered);
            let repeated =
                scenarios.iter().filter(|one| one.isolation == Isolation::Shared && lacking(one, offered).is_none());
            let trials = repeated.map(|one| planned(&under(one, name), offered));
            PlannedUnscripted {
                id: unscripted_id(name),
                title: entry.title.clone(),
                trials: if not_applicable.is_none() { trials.collect() } else { Vec::new() },
                not_applicable,
            }
        })
        .collect()
}

fn planned(scenario: &Scenario, offered: &Offered) -> PlannedScenario {
    PlannedScenario {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        says: scenario.description.clone(),
        file: scenario.file.display().to_string(),
        checks: scenario.steps.iter().flat_map(|step| checks(scenario, step, offered)).collect(),
        not_applicable: lacking(scenario, offered),
    }
}

fn sabotage(scenario: &Scenario, sabotage: &Sabotage, offered: &Offered, tries: &BTreeSet<String>) -> PlannedSabotage {
    let everything: Vec<PlannedCheck> =
        scenario.steps.iter().flat_map(|step| checks(scenario, step, offered)).collect();
    let of = |wanted: &dyn Fn(&str) -> bool| {
        everything.iter().filter(|check| wanted(name_of(&check.id))).cloned().collect::<Vec<_>>()
    };
    let red = of(&|name| sabotage.failing(name).is_some());
    let mut requirements: Vec<String> = red.iter().flat_map(|check| check.requirements.clone()).collect();
    requirements.sort();
    requirements.dedup();
    let is_owed = tries.contains(&sabotage.trial_id(&scenario.id));
    let attempt = trial(scenario, sabotage);
    let fingerprint = fingerprint(&attempt);
    let mut trial = planned(&attempt, offered);
    if !is_owed {
        trial.checks.clear();
    }
    PlannedSabotage {
        scenario: scenario.id.clone(),
        says: sabotage.description.clone(),
        library: sabotage.change.library.clone(),
        fingerprint,
        tried: is_owed,
        trial,
        red: red
            .iter()
            .map(|check| name_of(&check.id))
            .filter_map(|name| Some(PlannedRed { name: name.to_owned(), because: sabotage.failing(name)?.clone() }))
            .collect(),
        green: of(&|name| sabotage.passing(name)).iter().map(|check| name_of(&check.id).to_owned()).collect(),
        requirements,
    }
}

/// Why a world cannot or may not run a scenario.
fn lacking(scenario: &Scenario, offered: &Offered) -> Option<String> {
    let missing = missing(&scenario.needs.features, offered);
    missing.or_else(|| offered.permissions.refusal(scenario, &offered.world))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{effects::Permissions, load::example};

    fn plan_of(features: &[&str]) -> Plan {
        plan_with(features, Permissions::Everything)
    }

    fn plan_with(features: &[&str], permissions: Permissions) -> Plan {
        let scenario = example(
            "strict/grid",
            r#"
apiVersion: mtls-e2e/v1alpha2
kind: Scenario
metadata: {id: strict/grid, title: t, owner: o}
proves: [MESH-01, MESH-03, MON-03]
needs: {features: [istio, spire], budget: 5m}
isolation: cluster
participants:
  server: {workload: proxy-api, namespace: prod}
  injected: {client: client, namespace: prod}
  plain: {client: plain, namespace: outside, sidecar: false}
setup:
- get: {apiVersion: v1, kind: Pod, namespace: prod}
  expect: {items.#: ">= 1"}
steps:
- id: grid
  requirements: {"*": [MESH-01], "*.metrics": [MESH-03]}
  probe:
    to: server
    ports: [http, metrics]
    clients: {injected: [mtls, open], plain: [closed, open]}
    attempts: 7
    legend:
      mtls: {outcome: established}
      open: {outcome: [established, plaintext-accepted]}
      closed: {outcome: [reset]}
- id: outage
  break:
    do: [{delete: {apiVersion: v1, kind: Pod, namespace: prod, name: x}}]
    confirm: {get: {apiVersion: v1, kind: Pod, namespace: prod}, expect: {items.#: 0}}
- id: metric
  requirements: [MON-03]
  promql: {query: up}
  expect: {value: 1}
  always: {for: 10s, samples: 20}
- id: settle
  wait: {apiVersion: v1, kind: Pod, namespace: prod}
  expect: {items.#: ">= 1"}
- id: soon
  promql: {query: up}
  expect: {value: 1}
  eventually: 10s
"#,
            &["MESH-01", "MESH-03", "MON-03"],
        );
        let offered = Offered {
            world: "loopback".to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            permissions,
        };
        plan(&[scenario], &Catalogue::default(), &offered, &BTreeSet::new())
    }

    #[test]
    fn steps_that_observe_and_demand_are_checks() {
        let plan = plan_of(&["istio", "spire"]);
        let checks: Vec<_> = plan.scenarios[0]
            .checks
            .iter()
            .map(|check| (check.id.as_str(), check.requirements.join(" "), check.min_samples))
            .collect();
        assert_eq!(
            checks,
            [
                ("strict/grid#grid.injected.http", "MESH-01".to_owned(), 7),
                ("strict/grid#grid.injected.metrics", "MESH-03".to_owned(), 7),
                ("strict/grid#grid.plain.http", "MESH-01".to_owned(), 7),
                ("strict/grid#grid.plain.metrics", "MESH-03".to_owned(), 7),
                ("strict/grid#metric", "MON-03".to_owned(), 20),
                ("strict/grid#soon", String::new(), 3),
            ]
        );
        assert_eq!(plan.scenarios[0].not_applicable, None);
    }

    #[test]
    fn a_lacking_world_is_named() {
        let reason = |features: &[&str]| plan_of(features).scenarios[0].not_applicable.clone();
        assert_eq!(reason(&["istio"]).as_deref(), Some("needs spire, which world loopback lacks"));
        assert_eq!(reason(&[]).as_deref(), Some("needs istio and spire, which world loopback lacks"));
        assert_eq!(plan_of(&[]).scenarios[0].checks.len(), 6);
    }

    #[test]
    fn a_scenario_that_a_world_does_not_permit_keeps_its_checks() {
        let plan = plan_with(&["istio", "spire"], Permissions::Reading(BTreeSet::new()));
        let refused = "step `outage` (`break`) deletes Pod prod/x, which never happens in world loopback";
        assert_eq!(plan.scenarios[0].not_applicable.as_deref(), Some(refused));
        assert_eq!(plan.scenarios[0].checks.len(), 6);
    }
}
