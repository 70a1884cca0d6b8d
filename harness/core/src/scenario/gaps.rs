//! What scenarios leave open about core requirements: those that no scenario proves, and checks that no sabotage makes fail.
//!
//! Pure. Whether a sabotage that is written down works is not known here: `prove` tries it.

use std::collections::{BTreeMap, BTreeSet};

use super::{check::name_of, core_requirements::core, model::Scenario, offered::Offered, plan::plan};
use crate::{catalogue::Catalogue, evidence::plan::Level};

/// What is still to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Scenario → names of its checks that are evidence for a core requirement and that none of its sabotages makes fail.
    pub without_sabotage: BTreeMap<String, Vec<String>>,
    /// Core requirements that no scenario proves, in the order of the catalogue.
    pub without_scenario: Vec<String>,
}

pub fn gaps(scenarios: &[Scenario], catalogue: &Catalogue) -> Gaps {
    let core = core(catalogue);
    let plan = plan(scenarios, catalogue, &Offered::everything(), &BTreeSet::new());
    let mut gaps = Gaps::default();
    for (scenario, planned) in scenarios.iter().zip(&plan.scenarios) {
        let certifying =
            planned.checks.iter().filter(|check| check.requirements.iter().any(|id| core.contains(id.as_str())));
        let names: Vec<String> = certifying
            .map(|check| name_of(&check.id))
            .filter(|name| !scenario.sabotages.iter().any(|sabotage| sabotage.failing(name).is_some()))
            .map(str::to_owned)
            .collect();
        if !names.is_empty() {
            gaps.without_sabotage.insert(scenario.id.clone(), names);
        }
    }
    let examined: BTreeSet<&String> = scenarios.iter().flat_map(|scenario| &scenario.proves).collect();
    gaps.without_scenario = catalogue
        .requirements
        .iter()
        .filter(|requirement| requirement.level == Level::Core && !examined.contains(&requirement.id))
        .map(|requirement| requirement.id.clone())
        .collect();
    gaps
}
