//! What scenarios owe to the core of the catalogue: what the reference document demands.
//!
//! Pure. The rest is what experts add, and hardening.

use std::collections::BTreeSet;

use super::{model::Scenario, offered::Offered, plan::plan};
use crate::{catalogue::Catalogue, evidence::plan::Level};

/// The ids of all core requirements.
pub(super) fn core(catalogue: &Catalogue) -> BTreeSet<&str> {
    let core = catalogue.requirements.iter().filter(|requirement| requirement.level == Level::Core);
    core.map(|requirement| requirement.id.as_str()).collect()
}

/// Leaves the scenarios that prove a core requirement, and their sabotages of checks that are evidence for one.
pub fn only_core(scenarios: &mut Vec<Scenario>, catalogue: &Catalogue) {
    let core = core(catalogue);
    only_proving(scenarios, catalogue, &|id| core.contains(id));
}

/// Leaves the scenarios that prove one of these requirements, and their sabotages of checks that are evidence for one.
pub fn only_proving(scenarios: &mut Vec<Scenario>, catalogue: &Catalogue, is_wanted: &dyn Fn(&str) -> bool) {
    let is_wanted = |id: &String| is_wanted(id);
    scenarios.retain(|scenario| scenario.proves.iter().any(is_wanted));
    let plan = plan(scenarios, catalogue, &Offered::everything(), &BTreeSet::new());
    let trials = plan.sabotages.iter().filter(|sabotage| sabotage.requirements.iter().any(is_wanted));
    let trials: BTreeSet<&str> = trials.map(|sabotage| sabotage.trial.id.as_str()).collect();
    for scenario in scenarios {
        let id = &scenario.id;
        scenario.sabotages.retain(|sabotage| trials.contains(sabotage.trial_id(id).as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Requirement, Source};

    #[test]
    fn what_experts_add_is_left_out() {
        let requirement = |id: &str, level| Requirement {
            controls: Vec::new(),
            id: id.to_owned(),
            level,
            text: String::new(),
            source: Source::Seed,
            pass: None,
        };
        let catalogue =
            Catalogue { requirements: vec![requirement("A-01", Level::Core), requirement("B-01", Level::Extended)] };
        let text = |id: &str, proves: &str| {
            format!(
                "{{apiVersion: mtls-e2e/v1alpha2, kind: Scenario, metadata: {{id: {id}, title: t, owner: o}}, proves: [{proves}], \
                 needs: {{features: [], budget: 5m}}, isolation: cluster, steps: [{{id: a, requirements: [{proves}], promql: {{query: up}}, \
                 expect: {{value: 1}}}}], sabotage: [{{id: s, do: [{{delete: {{apiVersion: v1, kind: Pod, namespace: n, name: p}}}}], \
                 confirm: {{promql: {{query: up}}, expect: {{value: 0}}}}, must-fail: {{a: {{value: 0}}}}}}]}}"
            )
        };
        let example = |id: &str, proves: &str| super::super::load::example(id, &text(id, proves), &[proves]);
        let mut scenarios = vec![example("x/core", "A-01"), example("x/added", "B-01")];
        only_core(&mut scenarios, &catalogue);
        assert_eq!(scenarios.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>(), ["x/core"]);
        assert_eq!(scenarios[0].sabotages.len(), 1);
    }
}
