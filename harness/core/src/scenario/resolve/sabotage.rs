//! Sabotages: the change, its confirmation, and the checks that must fail and must pass under it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resolver, library::instantiate, matcher};
use crate::{
    expectation::outcome::EXCHANGES,
    scenario::{
        check,
        model::{Change, Mode, Sabotage, Scenario, Step, library::Library},
        pattern::matches,
        raw,
        resolver::Sight,
        trial::STEP,
        verbs::{Repeats, Role},
    },
    yaml::{Content, Node, Place, Problem, Rule, nearest},
};

const CONFIRM: Sight = Sight { key: "confirm", rule: Rule::Sabotage, purpose: "confirm a sabotage" };
const RECOVERED: Sight = Sight { key: "recovered", rule: Rule::Sabotage, purpose: "show that a sabotage is over" };

type Parts = (Vec<Step>, Box<Step>, Option<Box<Step>>);

impl Resolver<'_> {
    /// The changes, the proof that they are live, and the sign that their effect is gone.
    pub(super) fn change(
        &mut self,
        steps: Vec<raw::Step>,
        observed: [Option<Box<raw::Step>>; 2],
        node: &Node,
        name: &str,
    ) -> Option<Parts> {
        let list = node.nearest(&["do"]);
        if steps.is_empty() {
            let problem = Problem::new(Rule::Sabotage, list.place, "this sabotage does nothing");
            self.complain(problem.help("list at least one step under `do`, or `use` a change of the library"));
        }
        let done = self.changes(steps, list, name);
        let [confirm, recovered] = observed;
        let Some(confirm) = confirm else {
            let problem = Problem::new(Rule::Sabotage, node.place, "no step confirms that this sabotage is live");
            self.complain(
                problem.help("add `confirm` with a step that observes the effect: `probe`, `get`, `promql` …"),
            );
            return None;
        };
        let confirm = self.sight(*confirm, node, name, CONFIRM)?;
        let recovered = match recovered {
            Some(recovered) => Some(self.sight(*recovered, node, name, RECOVERED)?),
            None => None,
        };
        Some((done, confirm, recovered))
    }

    /// The sabotages of a scenario whose steps are resolved already.
    pub(super) fn sabotages(
        &mut self,
        raws: Vec<raw::Sabotage>,
        node: &Node,
        scenario: &Scenario,
        library: &Library,
    ) -> Vec<Sabotage> {
        let Some(list) = node.get("sabotage") else { return Vec::new() };
        let mut ids = BTreeSet::new();
        let mut sabotages = Vec::new();
        for (raw, node) in raws.into_iter().zip(list.items()) {
            if !ids.insert(raw.id.clone()) {
                let place = node.nearest(&["id"]).place;
                self.complain(Problem::new(Rule::Sabotage, place, format!("two sabotages are called `{}`", raw.id)));
            }
            sabotages.extend(self.sabotage(raw, node, scenario, library));
        }
        if let Some(step) = scenario.steps.iter().chain(&scenario.setup).find(|step| step.id == STEP) {
            let place = Place { line: step.line, ..list.place };
            let problem = Problem::new(Rule::StepId, place, format!("the id `{STEP}` belongs to trials"));
            self.complain(problem.help("give the step another id"));
        }
        sabotages
    }

    fn sabotage(
        &mut self,
        raw: raw::Sabotage,
        node: &Node,
        scenario: &Scenario,
        library: &Library,
    ) -> Option<Sabotage> {
        let (description, change) = if let Some(name) = &raw.library {
            self.of_library((name, library), &raw, node, scenario)?
        } else {
            let (steps, confirm, recovered) = self.change(raw.steps, [raw.confirm, raw.recovered], node, &raw.id)?;
            let (features, participants) = (BTreeSet::new(), BTreeMap::new());
            (raw.id.clone(), Change { library: None, features, participants, steps, confirm, recovered })
        };
        let listed = node.nearest(&["must-fail"]);
        let must_fail: Vec<_> = listed
            .entries()
            .map(|(key, value)| {
                self.reasons(&key.text, value, scenario);
                (key.text.clone(), matcher::expectations(value, &mut self.problems))
            })
            .collect();
        if must_fail.is_empty() {
            let problem = Problem::new(Rule::Sabotage, listed.place, "no check must fail under this sabotage");
            self.complain(problem.help("name at least one check under `must-fail`, and what it must show"));
        }
        let sabotage = Sabotage {
            description: raw.description.unwrap_or(description),
            id: raw.id,
            change,
            mode: raw.mode,
            after: raw.after,
            must_fail,
            must_pass: raw.must_pass,
            line: node.place.line,
        };
        self.patterns(&sabotage, node, scenario);
        self.placed(&sabotage, node, scenario);
        Some(sabotage)
    }

    /// A change of the library with the values that the scenario gives it.
    fn of_library(
        &mut self,
        (name, library): (&str, &Library),
        raw: &raw::Sabotage,
        node: &Node,
        scenario: &Scenario,
    ) -> Option<(String, Change)> {
        let place = node.nearest(&["use"]).place;
        if !raw.steps.is_empty() || raw.confirm.is_some() || raw.recovered.is_some() {
            let problem = Problem::new(Rule::Sabotage, place, "`use` and `do` at once");
            self.complain(problem.help("keep `use`, or `do` and `confirm`"));
        }
        let with: Vec<(String, Content)> = node
            .nearest(&["with"])
            .entries()
            .filter(|_| node.get("with").is_some())
            .map(|(key, value)| (key.text.clone(), value.content.clone()))
            .collect();
        match instantiate(library, name, &with, place) {
            Ok((title, change)) => {
                for (member, other) in &change.participants {
                    let own =
                        scenario.participants.get(member).map(|own| serde_json::to_value(own).unwrap_or_default());
                    if own.is_some_and(|own| serde_json::to_value(other).ok().is_none_or(|other| other != own)) {
                        let message = format!("library/{name}.yaml has another participant `{member}`");
                        let problem = Problem::new(Rule::Sabotage, place, message);
                        self.complain(problem.help("rename the participant of this scenario"));
                    }
                }
                Some((title, change))
            }
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// An outcome of a cell is one of the closed set here, too.
    fn reasons(&mut self, pattern: &str, shown: &Node, scenario: &Scenario) {
        let grids = scenario.steps.iter().filter(|step| matches!(step.action.role(), Role::Handshakes(_)));
        if grids.flat_map(|step| check::names(scenario, step)).any(|name| matches(pattern, &name)) {
            for exchange in EXCHANGES {
                if let Some(outcome) = shown.get(exchange) {
                    matcher::outcomes(outcome, &mut self.problems);
                }
            }
        }
    }

    /// Every pattern must name a check, and no check may have to fail and to pass.
    fn patterns(&mut self, sabotage: &Sabotage, node: &Node, scenario: &Scenario) {
        let names: Vec<String> = scenario.steps.iter().flat_map(|step| check::names(scenario, step)).collect();
        let failing = node.nearest(&["must-fail"]);
        let passing = node.nearest(&["must-pass"]);
        let written = failing.entries().map(|(key, _)| (key.text.as_str(), key.place)).chain(
            sabotage.must_pass.iter().zip(passing.items()).map(|(pattern, item)| (pattern.as_str(), item.place)),
        );
        for (pattern, place) in written {
            if !names.iter().any(|name| matches(pattern, name)) {
                let problem =
                    Problem::new(Rule::Sabotage, place, format!("no check of this scenario is called `{pattern}`"));
                self.complain(problem.suggest(nearest(pattern, names.iter().map(String::as_str))));
            }
        }
        for name in names.iter().filter(|name| sabotage.failing(name).is_some() && sabotage.passing(name)) {
            let message = format!("`{name}` cannot both fail and pass");
            self.complain(Problem::new(Rule::Sabotage, passing.place, message));
        }
        let redone = scenario
            .steps
            .iter()
            .filter(|step| check::names(scenario, step).iter().any(|name| sabotage.failing(name).is_some()));
        let others = redone.flat_map(|step| check::names(scenario, step)).any(|name| sabotage.failing(&name).is_none());
        if sabotage.must_pass.is_empty() && others {
            let place = node.key("must-fail").map_or(node.place, |key| key.place);
            let problem = Problem::new(Rule::Sabotage, place, "a system that is down would fail all of this");
            self.complain(problem.help("name under `must-pass` a check of the same steps"));
        }
    }

    fn placed(&mut self, sabotage: &Sabotage, node: &Node, scenario: &Scenario) {
        if let Some(after) = &sabotage.after {
            let place = node.nearest(&["after"]).place;
            if sabotage.mode == Mode::NamedChecks {
                let problem = Problem::new(Rule::Sabotage, place, "`after` belongs to `mode: full`");
                self.complain(problem.help(
                    "`mode: named-checks` makes the fault after the set-up and repeats only the steps that it needs",
                ));
            }
            let ids = || scenario.steps.iter().map(|step| step.id.as_str());
            if !ids().any(|id| id == after) {
                let problem = Problem::new(Rule::Sabotage, place, format!("`steps` has no step `{after}`"));
                self.complain(problem.suggest(nearest(after, ids())));
            }
        }
        if sabotage.mode == Mode::Full {
            return;
        }
        for step in &scenario.steps {
            let named = check::names(scenario, step)
                .iter()
                .any(|name| sabotage.failing(name).is_some() || sabotage.passing(name));
            if named && step.action.about().repeats == Repeats::AfterEarlierSteps {
                let place = node.key("must-fail").map_or(node.place, |key| key.place);
                let message = format!("`{}` depends on the steps before it", step.id);
                let problem = Problem::new(Rule::Sabotage, place, message);
                self.complain(problem.help("write `mode: full`, which runs all steps again"));
            }
        }
    }
}
