//! Trials of sabotages.
//!
//! A **trial** is a scenario like any other, made here from the one whose checks are put to the test: it is planned, run, recorded
//! and judged by the same code. Nothing here runs one, and whether it proved anything is the judge's business.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    check,
    model::{Action, Change, Fault, Isolation, Mode, Sabotage, Scenario, Step},
};
use crate::expectation::{Expectations, Quantifier};

/// Between a scenario's id and a sabotage's in the id of a trial: `strict/enforcement-grid!permissive`.
pub const MARK: char = '!';

/// The step of a trial that breaks, and that a scenario may not call its own.
pub const STEP: &str = "sabotage";

/// For all scenarios that run under a change of the library.
const UNSCRIPTED_BUDGET: std::time::Duration = std::time::Duration::from_secs(900);

impl Sabotage {
    /// The id of its trial.
    pub fn trial_id(&self, scenario: &str) -> String {
        format!("{scenario}{MARK}{}", self.id)
    }

    fn names(&self, name: &str) -> bool {
        self.failing(name).is_some() || self.passing(name)
    }
}

/// The scenario that shows whether a sabotage is noticed.
pub fn trial(scenario: &Scenario, sabotage: &Sabotage) -> Scenario {
    let steps = match sabotage.mode {
        Mode::Full => full(scenario, sabotage),
        Mode::NamedChecks => named_checks(scenario, sabotage),
    };
    let mut needs = scenario.needs.clone();
    needs.features.extend(sabotage.change.features.iter().cloned());
    needs.budget += limit(&sabotage.change);
    let mut participants = scenario.participants.clone();
    participants.extend(sabotage.change.participants.clone());
    Scenario {
        id: sabotage.trial_id(&scenario.id),
        title: scenario.title.clone(),
        description: sabotage.description.clone(),
        proves: BTreeSet::new(),
        needs,
        isolation: scenario.isolation.max(Isolation::Namespace),
        participants,
        steps,
        sabotages: Vec::new(),
        ..scenario.clone()
    }
}

/// The id of the scenario that makes a change of the library unscripted.
pub fn unscripted_id(change: &str) -> String {
    format!("wild{MARK}{change}")
}

/// A scenario as it runs under an unscripted change of the library.
pub fn under(scenario: &Scenario, change: &str) -> Scenario {
    Scenario { id: format!("{}{UNDER}{change}", scenario.id), sabotages: Vec::new(), ..scenario.clone() }
}

/// The scenario that runs under a change, by the id that it has there; nothing for any other id.
pub fn scenario_under(id: &str) -> Option<&str> {
    id.split_once(UNDER).map(|(scenario, _)| scenario)
}

/// Between a scenario's id and the change's.
const UNDER: &str = "!wild-";

/// A scenario that only makes a change, under which others run.
pub fn holder(id: &str, change: &Change) -> Scenario {
    Scenario {
        id: id.to_owned(),
        title: String::new(),
        description: String::new(),
        tags: Vec::new(),
        owner: String::new(),
        file: std::path::PathBuf::new(),
        proves: BTreeSet::new(),
        needs: super::model::Needs { features: change.features.clone(), budget: limit(change) + UNSCRIPTED_BUDGET },
        isolation: Isolation::Cluster,
        participants: change.participants.clone(),
        setup: Vec::new(),
        steps: vec![broken(change, 1)],
        finally: Vec::new(),
        sabotages: Vec::new(),
    }
}

fn limit(change: &Change) -> std::time::Duration {
    let recovered = change.recovered.as_ref().map_or_else(Default::default, |step| step.timeout);
    change.steps.iter().map(|step| step.timeout).sum::<std::time::Duration>() + change.confirm.timeout * 2 + recovered
}

fn full(scenario: &Scenario, sabotage: &Sabotage) -> Vec<Step> {
    let after = |id: &String| scenario.steps.iter().position(|step| step.id == *id).map_or(0, |index| index + 1);
    let place = sabotage.after.as_ref().map_or(0, after);
    let mut steps = scenario.steps.clone();
    steps.insert(place, broken(&sabotage.change, sabotage.line));
    steps
}

fn named_checks(scenario: &Scenario, sabotage: &Sabotage) -> Vec<Step> {
    let mut steps = vec![broken(&sabotage.change, sabotage.line)];
    for step in &scenario.steps {
        let named: Vec<String> = check::names(scenario, step).into_iter().filter(|name| sabotage.names(name)).collect();
        if !named.is_empty() {
            steps.push(narrowed(step, &named));
        }
    }
    let heal = Action::healing(STEP);
    steps.push(Step { id: format!("{STEP}-over"), action: heal, ..quiet(&steps[0]) });
    steps
}

/// Of a case file only what is named, with the controls: the whole of it would take minutes.
fn narrowed(step: &Step, named: &[String]) -> Step {
    let mut step = step.clone();
    let id = step.id.clone();
    if let Some(cases) = step.action.case_grid() {
        let of = |case: &str| named.iter().any(|name| name.starts_with(&format!("{id}.{case}.")));
        let wanted: BTreeSet<String> =
            cases.of.cases.iter().filter(|case| of(&case.id)).map(|case| case.id.clone()).collect();
        let controls: BTreeSet<String> = cases
            .of
            .cases
            .iter()
            .filter(|case| wanted.contains(&case.id))
            .filter_map(|case| case.control.clone())
            .collect();
        cases.of.cases.retain(|case| wanted.contains(&case.id) || controls.contains(&case.id));
    }
    step
}

fn broken(change: &Change, line: usize) -> Step {
    let fault =
        Fault { steps: change.steps.clone(), confirm: change.confirm.clone(), recovered: change.recovered.clone() };
    let timeout = limit(change);
    let base = quiet(&change.confirm);
    Step { id: STEP.to_owned(), action: Action::breaking(fault), timeout, line, ..base }
}

/// A step like this one that demands nothing.
fn quiet(like: &Step) -> Step {
    Step {
        requirements: BTreeMap::new(),
        expect: Expectations::default(),
        when: Quantifier::Once,
        description: String::new(),
        deviates: None,
        ..like.clone()
    }
}
