//! Rules about one step, whatever its verb.

use std::collections::BTreeMap;

use super::{Resolver, Section, matcher, rules};
use crate::{
    expectation::{Expectations, Quantifier},
    scenario::{
        effects::Effects,
        facts,
        model::{Action, Isolation, ObjectReference, Step},
        raw::{self, Evidence},
    },
    yaml::{Node, Place, Problem, Rule, nearest},
};

impl Resolver<'_> {
    /// The steps of one part of the document.
    pub(super) fn steps(&mut self, steps: Vec<raw::Step>, document: &Node, key: &str, section: Section) -> Vec<Step> {
        let Some(list) = document.get(key) else { return Vec::new() };
        let numbered = steps.into_iter().zip(list.items()).enumerate();
        numbered
            .filter_map(|(index, (raw, node))| self.step(raw, node, section, &format!("{key}-{}", index + 1)))
            .collect()
    }

    /// A step; `None` when it has not exactly one verb, which is reported.
    pub(super) fn step(&mut self, mut raw: raw::Step, node: &Node, section: Section, unnamed: &str) -> Option<Step> {
        let id = raw.id.take();
        let name = id.clone().unwrap_or_else(|| unnamed.to_owned());
        let Some(action) = self.action(&mut raw, node, &name) else {
            self.claim(&raw, node);
            return None;
        };
        let verb = node.key(action.verb()).map_or(node.place, |key| key.place);
        self.id(id.as_deref(), &action, node, verb, section);
        self.isolated(&action, verb);
        let requirements = self.evidence(&raw, &action, node, section);
        let expect = self.demands(&raw, &action, node, verb, section);
        let (when, length) = self.quantifier(&raw, node);
        self.timed(&action, when, node);
        self.unwatched(&action, when, node, section);
        let timeout = self.timeout(&raw, node, length);
        let deviates = raw.deviates.take();
        let description = raw.description.take().unwrap_or_default();
        let step = Step {
            id: name,
            description,
            action,
            when,
            timeout,
            requirements,
            expect,
            deviates,
            line: node.place.line,
        };
        if let Action::Command(printed) = &step.action {
            self.classed(&step, printed, node);
        }
        self.deviates(&step, node.nearest(&["deviates"]));
        self.window(&step, node, section);
        self.either(&step, node, section);
        Some(step)
    }

    fn id(&mut self, id: Option<&str>, action: &Action, node: &Node, verb: Place, section: Section) {
        let Some(id) = id else {
            if section == Section::Steps && action.observes() {
                let problem =
                    Problem::new(Rule::StepId, verb, format!("this `{}` is judged but has no `id`", action.verb()));
                self.complain(problem.help("add `id: a-short-name`: reports and waivers refer to it for years"));
            }
            return;
        };
        let place = node.nearest(&["id"]).place;
        if id.is_empty()
            || !id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        {
            let problem = Problem::new(Rule::StepId, place, format!("`{id}` is not usable as an id"));
            self.complain(problem.help("use lower-case letters, digits and `-`"));
        }
        if let Some(line) = self.ids.insert(id.to_owned(), place.line) {
            let problem =
                Problem::new(Rule::StepId, place, format!("the id `{id}` is taken by the step in line {line}"));
            self.complain(problem.help("give every step of the scenario its own id"));
        }
    }

    fn isolated(&mut self, action: &Action, verb: Place) {
        let disturbance = Effects::of(action, self.participants).disturbance();
        if let (Isolation::Shared, Some(effect)) = (self.isolation, disturbance) {
            let message = format!("`{}` {effect}, but the scenario says `isolation: shared`", action.verb());
            let problem = Problem::new(Rule::Isolation, verb, message);
            self.complain(problem.help("write `isolation: namespace` (own objects) or `cluster` (mesh or issuers)"));
        }
        if self.isolation == Isolation::Namespace {
            for kind in beyond_namespaces(action) {
                let message = format!(
                    "`{}` changes a {kind}, which no namespace holds, but the scenario says `isolation: namespace`",
                    action.verb()
                );
                let problem = Problem::new(Rule::Isolation, verb, message);
                self.complain(problem.help("write `isolation: cluster`, so that nothing else runs beside it"));
            }
        }
    }

    /// Requirement ids per row of a grid; `*` stands for every row and for steps without a grid.
    fn evidence(
        &mut self,
        raw: &raw::Step,
        action: &Action,
        node: &Node,
        section: Section,
    ) -> BTreeMap<String, Vec<String>> {
        let Some(evidence) = &raw.requirements else { return BTreeMap::new() };
        let place = node.key("requirements").map_or(node.place, |key| key.place);
        if section != Section::Steps || !action.observes() {
            let message = match section {
                Section::Steps => format!("`{}` observes nothing, so it is no evidence", action.verb()),
                _ => "only what stands under `steps` is judged; this step is no evidence".to_owned(),
            };
            self.complain(
                Problem::new(Rule::Evidence, place, message)
                    .help("move `requirements` to the step under `steps` that observes"),
            );
        }
        let list = node.nearest(&["requirements"]);
        match evidence {
            Evidence::ForAll(ids) => {
                self.prove(ids, list);
                BTreeMap::from([("*".to_owned(), ids.clone())])
            }
            Evidence::PerClient(rows) => {
                for (row, ids) in rows {
                    self.row(row, action, list);
                    self.prove(ids, list.nearest(&[row]));
                }
                rows.clone()
            }
        }
    }

    fn row(&mut self, row: &str, action: &Action, list: &Node) {
        let place = list.key(row).map_or(list.place, |key| key.place);
        let (rows, columns): (Vec<&str>, Vec<&str>) = match action {
            Action::Probe(probe) => (
                probe.clients.keys().map(String::as_str).collect(),
                probe.ports.iter().map(|port| port.word()).collect(),
            ),
            Action::Cases(cases) => (
                cases.of.cases.iter().map(|case| case.id.as_str()).collect(),
                cases.targets.keys().map(|kind| kind.word()).collect(),
            ),
            _ => {
                let problem = Problem::new(Rule::Evidence, place, format!("`{}` has no grid", action.verb()));
                return self.complain(problem.help("write `requirements: [ID, …]`"));
            }
        };
        let (row, column) = row.split_once('.').map_or((row, None), |(row, column)| (row, Some(column)));
        if row != "*" && !rows.contains(&row) {
            let problem = Problem::new(Rule::Evidence, place, format!("the grid has no client or case `{row}`"));
            self.complain(problem.suggest(nearest(row, rows)));
        }
        if let Some(column) = column.filter(|column| !columns.contains(column)) {
            let problem = Problem::new(Rule::Evidence, place, format!("the grid has no port or target `{column}`"));
            self.complain(problem.suggest(nearest(column, columns)));
        }
    }

    /// Counts the evidence of a step that is wrong otherwise, so that `proves` is not blamed as well.
    fn claim(&mut self, raw: &raw::Step, node: &Node) {
        let place = node.nearest(&["requirements"]).place;
        let ids: Vec<&String> = match &raw.requirements {
            Some(Evidence::ForAll(ids)) => ids.iter().collect(),
            Some(Evidence::PerClient(rows)) => rows.values().flatten().collect(),
            None => Vec::new(),
        };
        for id in ids {
            self.proven.entry(id.clone()).or_insert(place);
        }
    }

    fn prove(&mut self, ids: &[String], list: &Node) {
        for (id, item) in ids.iter().zip(list.items()) {
            if self.is_requirement(id, item.place) {
                self.proven.entry(id.clone()).or_insert(item.place);
            }
        }
    }

    fn demands(
        &mut self,
        raw: &raw::Step,
        action: &Action,
        node: &Node,
        verb: Place,
        section: Section,
    ) -> Expectations {
        let word = action.verb();
        let Some(list) = node.get("expect").filter(|_| raw.expect.is_some()) else {
            let needed = match (section, action) {
                // The legend holds the expectations of a grid, the case file those of its cases.
                (_, Action::Probe(_) | Action::Cases(_)) => false,
                (_, Action::Wait(_)) | (Section::Confirm, _) => true,
                // Renewing a certificate and ending a stream need no expectation.
                (Section::Steps, Action::Rotate(_)) => raw.requirements.is_some(),
                (Section::Steps, Action::Traffic(traffic)) => traffic.check.is_some() || raw.requirements.is_some(),
                (Section::Steps, _) => action.observes(),
                _ => false,
            };
            if needed {
                let problem = Problem::new(Rule::Expect, verb, format!("this `{word}` observes but expects nothing"));
                self.complain(problem.help("add `expect` with at least one fact and its value"));
            }
            return Expectations::default();
        };
        let place = node.key("expect").map_or(node.place, |key| key.place);
        let help = match action {
            Action::Probe(_) => "write it in the `legend`: every cell names a legend word",
            Action::Cases(_) => "the case file says what every kind of target does",
            Action::Wait(_) => "",
            _ if action.observes() => "",
            _ => "observe in a step of its own: `get`, `inspect`, `probe` …",
        };
        if !help.is_empty() {
            self.complain(Problem::new(Rule::Expect, place, format!("`{word}` has no `expect`")).help(help));
        }
        match action {
            Action::ClientBehaviour(behaviour) => {
                self.known(list, &format!("the case {}", behaviour.case.word()), behaviour.case.facts());
            }
            _ => self.known_facts(list, word),
        }
        if let Action::Rules(rules) = action {
            rules::known_tests(self, list, rules);
        }
        matcher::expectations(list, &mut self.problems)
    }

    /// A path that the verb never produces would make `absent` and `never` pass for ever.
    pub(super) fn known_facts(&mut self, list: &Node, verb: &str) {
        if let Some(known) = facts::of(verb) {
            self.known(list, &format!("`{verb}`"), known);
        }
    }

    fn known(&mut self, list: &Node, producer: &str, known: &[&str]) {
        for (key, _) in list.entries() {
            let first = key.text.split('.').next().unwrap_or_default();
            if !known.contains(&first) {
                let problem = Problem::new(Rule::Fact, key.place, format!("{producer} has no fact `{first}`"));
                self.complain(match nearest(first, known.iter().copied()) {
                    Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                    None => problem.help(format!("its facts: {}", known.join(", "))),
                });
            }
        }
    }

    fn timed(&mut self, action: &Action, when: Quantifier, node: &Node) {
        let key = match when {
            Quantifier::Once => return,
            Quantifier::Eventually { .. } => "eventually",
            Quantifier::Always { .. } => "always",
            Quantifier::Never { .. } => "never",
        };
        let waits = matches!((action, when), (Action::Wait(_), Quantifier::Eventually { .. }));
        if !action.observes() && !waits {
            let place = node.key(key).map_or(node.place, |key| key.place);
            let problem =
                Problem::new(Rule::Quantifier, place, format!("`{}` observes nothing that could hold", action.verb()));
            self.complain(problem.help("limit it with `timeout`, and observe in a step of its own"));
        }
    }
}

/// Kinds of what an action changes outside of any namespace. A Namespace itself counts as an object of the scenario.
fn beyond_namespaces(action: &Action) -> Vec<String> {
    let one = |target: &ObjectReference| match &target.namespace {
        None if target.kind != "Namespace" => vec![target.kind.clone()],
        _ => Vec::new(),
    };
    match action {
        Action::Delete(target) => one(target),
        Action::Patch(patch) => one(&patch.target),
        Action::Apply(apply) => {
            let kinds = apply.objects.iter().filter(|object| object.pointer("/metadata/namespace").is_none());
            kinds
                .filter_map(|object| object.get("kind")?.as_str())
                .filter(|kind| *kind != "Namespace")
                .map(str::to_owned)
                .collect()
        }
        _ => Vec::new(),
    }
}
