//! Sabotages: the change, its proof, and the checks that it must and must not turn red.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resolver, action::Sight, grid::EXCHANGES, library::instantiate, matcher};
use crate::{
    scenario::{
        check,
        model::{Action, Change, Mode, Sabotage, Scenario, Step},
        pattern::matches,
        raw,
        trial::STEP,
    },
    yaml::{Content, Node, Place, Problem, Rule, nearest},
};

const CONFIRM: Sight = Sight { key: "confirm", rule: Rule::Sabotage, purpose: "confirm a sabotage" };
const OVER: Sight = Sight { key: "over", rule: Rule::Sabotage, purpose: "say that a sabotage is over" };

type Parts = (Vec<Step>, Box<Step>, Option<Box<Step>>);

impl Resolver<'_> {
    /// What is done, the proof that it is live, and the sign that it is over.
    pub(super) fn change(
        &mut self,
        steps: Vec<raw::Step>,
        looks: [Option<Box<raw::Step>>; 2],
        node: &Node,
        name: &str,
    ) -> Option<Parts> {
        let list = node.nearest(&["do"]);
        if steps.is_empty() {
            let problem = Problem::new(Rule::Sabotage, list.place, "this sabotage does nothing");
            self.complain(problem.help("list at least one step under `do`, or `use` a change of the library"));
        }
        let done = self.deeds(steps, list, name);
        let [confirm, over] = looks;
        let Some(confirm) = confirm else {
            let problem = Problem::new(Rule::Sabotage, node.place, "nothing confirms that this sabotage is live");
            self.complain(
                problem.help("add `confirm` with a step that looks at the effect: `probe`, `get`, `promql` …"),
            );
            return None;
        };
        let confirm = self.sight(*confirm, node, name, CONFIRM)?;
        let over = match over {
            Some(over) => Some(self.sight(*over, node, name, OVER)?),
            None => None,
        };
        Some((done, confirm, over))
    }

    /// The sabotages of a scenario whose story is resolved already.
    pub(super) fn sabotages(&mut self, raws: Vec<raw::Sabotage>, node: &Node, scenario: &Scenario) -> Vec<Sabotage> {
        let Some(list) = node.get("sabotage") else { return Vec::new() };
        let mut ids = BTreeSet::new();
        let mut sabotages = Vec::new();
        for (raw, node) in raws.into_iter().zip(list.items()) {
            if !ids.insert(raw.id.clone()) {
                let place = node.nearest(&["id"]).place;
                self.complain(Problem::new(Rule::Sabotage, place, format!("two sabotages are called `{}`", raw.id)));
            }
            sabotages.extend(self.sabotage(raw, node, scenario));
        }
        if let Some(step) = scenario.steps.iter().chain(&scenario.setup).find(|step| step.id == STEP) {
            let place = Place { line: step.line, ..list.place };
            let problem = Problem::new(Rule::StepId, place, format!("the id `{STEP}` belongs to trials"));
            self.complain(problem.help("give the step another id"));
        }
        sabotages
    }

    fn sabotage(&mut self, raw: raw::Sabotage, node: &Node, scenario: &Scenario) -> Option<Sabotage> {
        let (says, change) = if let Some(name) = &raw.library {
            self.of_library(name, &raw, node, scenario)?
        } else {
            let (steps, confirm, over) = self.change(raw.steps, [raw.confirm, raw.over], node, &raw.id)?;
            let (features, cast) = (BTreeSet::new(), BTreeMap::new());
            (raw.id.clone(), Change { library: None, features, cast, steps, confirm, over })
        };
        let turns_red = node.nearest(&["turns-red"]);
        let red: Vec<_> = turns_red
            .entries()
            .map(|(key, value)| {
                self.reasons(&key.text, value, scenario);
                (key.text.clone(), matcher::expectations(value, &mut self.problems))
            })
            .collect();
        if red.is_empty() {
            let problem = Problem::new(Rule::Sabotage, turns_red.place, "this sabotage turns nothing red");
            self.complain(problem.help("name at least one check under `turns-red`, and what it must show"));
        }
        let sabotage = Sabotage {
            says: raw.says.unwrap_or(says),
            id: raw.id,
            change,
            mode: raw.mode,
            after: raw.after,
            turns_red: red,
            keeps_green: raw.keeps_green,
            line: node.place.line,
        };
        self.patterns(&sabotage, node, scenario);
        self.placed(&sabotage, node, scenario);
        Some(sabotage)
    }

    /// A change of the library with the values that the scenario gives it.
    fn of_library(
        &mut self,
        name: &str,
        raw: &raw::Sabotage,
        node: &Node,
        scenario: &Scenario,
    ) -> Option<(String, Change)> {
        let place = node.nearest(&["use"]).place;
        if !raw.steps.is_empty() || raw.confirm.is_some() || raw.over.is_some() {
            let problem = Problem::new(Rule::Sabotage, place, "`use` and a change of one's own at once");
            self.complain(problem.help("keep `use`, or `do` and `confirm`"));
        }
        let with: Vec<(String, Content)> = node
            .nearest(&["with"])
            .entries()
            .filter(|_| node.get("with").is_some())
            .map(|(key, value)| (key.text.clone(), value.content.clone()))
            .collect();
        match instantiate(self.setting.library, name, &with, place) {
            Ok((title, change)) => {
                for (member, other) in &change.cast {
                    let own = scenario.cast.get(member).map(|own| serde_json::to_value(own).unwrap_or_default());
                    if own.is_some_and(|own| serde_json::to_value(other).ok().is_none_or(|other| other != own)) {
                        let message = format!("library/{name}.yaml calls somebody else `{member}`");
                        let problem = Problem::new(Rule::Sabotage, place, message);
                        self.complain(problem.help("rename the member of this scenario's cast"));
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

    /// Red for this reason and not for any: an outcome of a cell is one of the closed set here, too.
    fn reasons(&mut self, pattern: &str, because: &Node, scenario: &Scenario) {
        let grids = scenario.steps.iter().filter(|step| matches!(step.action, Action::Probe(_)));
        if grids.flat_map(|step| check::names(scenario, step)).any(|name| matches(pattern, &name)) {
            for exchange in EXCHANGES {
                if let Some(outcome) = because.get(exchange) {
                    matcher::outcomes(outcome, &mut self.problems);
                }
            }
        }
    }

    /// Every pattern must name a check, and no check may be to turn red and stay green.
    fn patterns(&mut self, sabotage: &Sabotage, node: &Node, scenario: &Scenario) {
        let names: Vec<String> = scenario.steps.iter().flat_map(|step| check::names(scenario, step)).collect();
        let red = node.nearest(&["turns-red"]);
        let green = node.nearest(&["keeps-green"]);
        let written = red.entries().map(|(key, _)| (key.text.as_str(), key.place)).chain(
            sabotage.keeps_green.iter().zip(green.items()).map(|(pattern, item)| (pattern.as_str(), item.place)),
        );
        for (pattern, place) in written {
            if !names.iter().any(|name| matches(pattern, name)) {
                let problem =
                    Problem::new(Rule::Sabotage, place, format!("no check of this scenario is called `{pattern}`"));
                self.complain(problem.suggest(nearest(pattern, names.iter().map(String::as_str))));
            }
        }
        for name in names.iter().filter(|name| sabotage.red(name).is_some() && sabotage.green(name)) {
            let message = format!("`{name}` cannot turn red and stay green");
            self.complain(Problem::new(Rule::Sabotage, green.place, message));
        }
        let redone = scenario
            .steps
            .iter()
            .filter(|step| check::names(scenario, step).iter().any(|name| sabotage.red(name).is_some()));
        let others = redone.flat_map(|step| check::names(scenario, step)).any(|name| sabotage.red(&name).is_none());
        if sabotage.keeps_green.is_empty() && others {
            let place = node.key("turns-red").map_or(node.place, |key| key.place);
            let problem = Problem::new(Rule::Sabotage, place, "a system that is down would turn all of this red");
            self.complain(problem.help("name under `keeps-green` a check of the same steps that must not turn red"));
        }
    }

    fn placed(&mut self, sabotage: &Sabotage, node: &Node, scenario: &Scenario) {
        if let Some(after) = &sabotage.after {
            let place = node.nearest(&["after"]).place;
            if sabotage.mode == Mode::Tail {
                let problem = Problem::new(Rule::Sabotage, place, "`after` is for `mode: fork`");
                self.complain(problem.help("a tail breaks after the set-up and does again only what it needs"));
            }
            let ids = || scenario.steps.iter().map(|step| step.id.as_str());
            if !ids().any(|id| id == after) {
                let problem = Problem::new(Rule::Sabotage, place, format!("the story has no step `{after}`"));
                self.complain(problem.suggest(nearest(after, ids())));
            }
        }
        if sabotage.mode == Mode::Fork {
            return;
        }
        for step in &scenario.steps {
            let named =
                check::names(scenario, step).iter().any(|name| sabotage.red(name).is_some() || sabotage.green(name));
            if named && matches!(step.action, Action::Traffic(_) | Action::Rotate(_)) {
                let place = node.key("turns-red").map_or(node.place, |key| key.place);
                let message = format!("`{}` goes with the steps before it", step.id);
                let problem = Problem::new(Rule::Sabotage, place, message);
                self.complain(problem.help("write `mode: fork`, which tells the whole story again"));
            }
        }
    }
}
