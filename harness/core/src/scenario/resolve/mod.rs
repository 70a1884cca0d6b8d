//! From the document as written to a scenario whose every name is resolved, collecting every complaint on the way.
//!
//! Rules about one verb live in the file of the verb, see `verbs`. Rules about one step live in `step`, about its verb in `action`, about
//! participants in `participants`, about known violations in `deviation`, about sabotages in `sabotage`, about changes of the library in
//! `library`, about matchers in `matcher`, about negatives in `window`, about demands that exclude each other in `contradiction`, about
//! changes without confirmation in `confirmed`, about time during which nothing is observed in `unwatched`; other rules that need the whole
//! document are here.

mod action;
mod confirmed;
mod contradiction;
mod deviation;
mod library;
mod matcher;
mod participants;
mod sabotage;
mod step;
mod time;
mod unwatched;
mod window;

pub(super) use contradiction::{place as cell_place, problem as contradiction};
pub(super) use library::read_change;

use std::{collections::BTreeSet, time::Duration};

use super::{
    interpolate::Names,
    model::{Isolation, Needs, Scenario, Step, library::Library},
    raw,
    resolver::{Resolver, Section, Setting},
};
use crate::{
    expectation::matching::spell_duration,
    yaml::{Node, Place, Problem, Rule, nearest},
};

/// Resolves a document; the scenario is usable only when no problem came with it.
pub(super) fn resolve(
    document: raw::Document,
    node: &Node,
    names: &Names,
    setting: &Setting<'_>,
    library: &Library,
) -> (Scenario, Vec<Problem>) {
    let raw::Document { metadata, proves, needs, isolation, participants, setup, steps, finally, sabotage, .. } =
        document;
    let mut resolver = Resolver::new(setting, &participants, isolation);
    resolver.metadata(&metadata, node);
    resolver.participants(node);
    let needs = resolver.needs(needs, node);
    let setup = resolver.steps(setup, node, "setup", Section::Setup);
    let steps = resolver.steps(steps, node, "steps", Section::Steps);
    let finally = resolver.steps(finally, node, "finally", Section::Finally);
    resolver.judged(node);
    resolver.proves(&proves, node);
    resolver.budget(needs.budget, node, [&setup, &steps, &finally]);
    let mut scenario = Scenario {
        id: metadata.id,
        title: metadata.title,
        description: metadata.description,
        tags: metadata.tags,
        owner: metadata.owner,
        file: setting.file.to_owned(),
        proves: proves.into_iter().collect(),
        needs,
        isolation,
        participants: participants.clone(),
        setup,
        steps,
        finally,
        sabotages: Vec::new(),
    };
    // A sabotage may change what the scenario may not: trials run alone.
    resolver.isolation = Isolation::Cluster;
    resolver.contradictions(&scenario, node);
    resolver.confirmed(&scenario, node);
    scenario.sabotages = resolver.sabotages(sabotage, node, &scenario, library);
    resolver.unpaired();
    resolver.unused(node, names);
    (scenario, resolver.problems)
}

impl Resolver<'_> {
    fn metadata(&mut self, metadata: &raw::Metadata, node: &Node) {
        let expected = self.setting.id;
        if metadata.id != expected {
            let place = node.nearest(&["metadata", "id"]).place;
            let message = format!("the id `{}` is not the path of the file", metadata.id);
            self.complain(
                Problem::new(Rule::Id, place, message).help(format!("write `id: {expected}`, or move the file")),
            );
        }
        for (key, text) in [("title", &metadata.title), ("owner", &metadata.owner)] {
            if text.trim().is_empty() {
                let place = node.nearest(&["metadata", key]).place;
                self.complain(Problem::new(Rule::Empty, place, format!("the {key} is empty")));
            }
        }
    }

    fn needs(&mut self, needs: raw::Needs, node: &Node) -> Needs {
        let place = node.nearest(&["needs", "features"]);
        self.features(&needs.features, place);
        let budget = self.duration(&needs.budget, node.nearest(&["needs", "budget"]).place);
        Needs { features: needs.features.into_iter().collect(), budget: budget.unwrap_or(Duration::MAX) }
    }

    fn judged(&mut self, node: &Node) {
        if node.get("steps").is_none_or(|steps| steps.items().is_empty()) {
            let place = node.key("steps").map_or(Place::START, |key| key.place);
            let problem = Problem::new(Rule::NoSteps, place, "the scenario has no `steps`: it would prove nothing");
            self.complain(problem.help("add at least one judged step, such as `probe` or `inspect`"));
        }
    }

    fn proves(&mut self, proves: &[String], node: &Node) {
        let claimed = node.nearest(&["proves"]);
        let has_steps = node.get("steps").is_some_and(|steps| !steps.items().is_empty());
        if proves.is_empty() && self.proven.is_empty() && has_steps {
            let problem = Problem::new(Rule::Proves, claimed.place, "the scenario proves no requirement");
            self.complain(
                problem.help("name under `requirements` of a step what it is evidence for, and list it here"),
            );
        }
        let mut seen = BTreeSet::new();
        for (id, item) in proves.iter().zip(claimed.items()) {
            if !seen.insert(id) {
                self.complain(Problem::new(Rule::Proves, item.place, format!("`{id}` is listed twice")));
            } else if !self.is_requirement(id, item.place) {
                // Already reported.
            } else if !self.proven.contains_key(id) {
                let problem = Problem::new(Rule::Proves, item.place, format!("no step is evidence for `{id}`"));
                self.complain(problem.help("name it under `requirements` of the step that shows it, or drop it here"));
            }
        }
        let unclaimed: Vec<_> =
            self.proven.iter().filter(|(id, _)| !seen.contains(id)).map(|(id, place)| (id.clone(), *place)).collect();
        for (id, place) in unclaimed {
            let problem = Problem::new(Rule::Proves, place, format!("`{id}` is missing in `proves`"));
            self.complain(problem.help("add it to `proves`, so that readers find it at the top"));
        }
    }

    fn budget(&mut self, budget: Duration, node: &Node, sections: [&Vec<Step>; 3]) {
        let place = node.nearest(&["needs", "budget"]).place;
        let Some(longest) = sections.into_iter().flatten().max_by_key(|step| step.timeout) else { return };
        if longest.timeout > budget {
            let message = format!(
                "the budget of {} is shorter than the timeout of step `{}`, {}",
                spell_duration(budget),
                longest.id,
                spell_duration(longest.timeout)
            );
            let help = format!(
                "raise it to {} or more, or give the step a shorter `timeout`",
                spell_duration(longest.timeout)
            );
            self.complain(Problem::new(Rule::Budget, place, message).help(help));
        }
    }

    fn unused(&mut self, node: &Node, names: &Names) {
        for (key, _) in node.get("participants").into_iter().flat_map(Node::entries) {
            if !self.members_used.contains(&key.text) && !names.is_used(&key.text) {
                let problem =
                    Problem::new(Rule::Unused, key.place, format!("no step uses the participant `{}`", key.text));
                self.complain(problem.help("use it in a step, or remove it"));
            }
        }
        for (key, _) in node.get("vars").into_iter().flat_map(Node::entries) {
            if !names.is_used(&key.text) {
                let problem =
                    Problem::new(Rule::Unused, key.place, format!("the variable `{}` is never used", key.text));
                self.complain(problem.help(format!("use it as `${{{}}}` or drop it", key.text)));
            }
        }
    }

    /// Whether the catalogue has the requirement; complains when not.
    fn is_requirement(&mut self, id: &str, place: Place) -> bool {
        let known = self.setting.requirements;
        if known.contains_key(id) {
            return true;
        }
        let meant = nearest(id, known.keys().map(String::as_str));
        let problem = Problem::new(Rule::Requirement, place, format!("the catalogue has no requirement `{id}`"));
        self.complain(match meant {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("ids are listed in scenarios/requirements.yaml"),
        });
        false
    }
}
