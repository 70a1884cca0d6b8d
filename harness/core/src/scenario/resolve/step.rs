//! Rules about one step, whatever its verb.

use std::collections::BTreeMap;

use super::{Resolver, Section, matcher};
use crate::{
    expectation::{Expectations, Quantifier, outcome::Outcome},
    scenario::{
        model::{Action, Isolation, Step},
        raw,
        spelling::Evidence,
        verbs::{Facts, Role, Verb, Words},
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
        let expect = self.expected(&raw, &action, node, verb, section);
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
        step.action.check(&step, node, self);
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
        let disturbance = action.effects(self.participants).disturbance();
        if let (Isolation::Shared, Some(effect)) = (self.isolation, disturbance) {
            let message = format!("`{}` {effect}, but the scenario says `isolation: shared`", action.verb());
            let problem = Problem::new(Rule::Isolation, verb, message);
            self.complain(problem.help("write `isolation: namespace` (own objects) or `cluster` (mesh or issuers)"));
        }
        if self.isolation == Isolation::Namespace {
            for kind in action.footprint(self.participants).beyond_namespaces {
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
        let (rows, columns): (Vec<&str>, Vec<&str>) = match action.role() {
            Role::Handshakes(grid) => {
                (grid.clients.keys().map(String::as_str).collect(), grid.ports.iter().map(|port| port.word()).collect())
            }
            Role::Cases(cases) => (
                cases.of.cases.iter().map(|case| case.id.as_str()).collect(),
                cases.targets.keys().map(|kind| kind.word()).collect(),
            ),
            Role::Observes
            | Role::SumsUp
            | Role::Renews
            | Role::Changes
            | Role::Breaks(_)
            | Role::Waits
            | Role::Steers => {
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

    fn expected(
        &mut self,
        raw: &raw::Step,
        action: &Action,
        node: &Node,
        verb: Place,
        section: Section,
    ) -> Expectations {
        let word = action.verb();
        let Some(list) = node.get("expect").filter(|_| raw.expect.is_some()) else {
            let needed = match action.role() {
                // The legend holds the expectations of a grid, the case file those of its cases.
                Role::Handshakes(_) | Role::Cases(_) => false,
                Role::Waits => true,
                Role::Observes => matches!(section, Section::Confirm | Section::Steps),
                Role::SumsUp | Role::Renews => match section {
                    Section::Confirm => true,
                    Section::Steps => raw.requirements.is_some(),
                    Section::Fault | Section::Finally | Section::Setup => false,
                },
                Role::Changes | Role::Breaks(_) | Role::Steers => section == Section::Confirm,
            };
            if needed {
                let problem = Problem::new(Rule::Expect, verb, format!("this `{word}` observes but expects nothing"));
                self.complain(problem.help("add `expect` with at least one fact and its value"));
            }
            return Expectations::default();
        };
        let place = node.key("expect").map_or(node.place, |key| key.place);
        let help = match action.role() {
            Role::Handshakes(_) => Some("write it in the `legend`: every cell names a legend word"),
            Role::Cases(_) => Some("the case file says what every kind of target does"),
            Role::Observes | Role::SumsUp | Role::Renews | Role::Waits => None,
            Role::Changes | Role::Breaks(_) | Role::Steers => {
                Some("observe in a step of its own: `get`, `inspect`, `probe` …")
            }
        };
        if let Some(help) = help {
            self.complain(Problem::new(Rule::Expect, place, format!("`{word}` has no `expect`")).help(help));
        }
        self.known_facts(list, word, action.facts());
        matcher::expectations(list, &mut self.problems)
    }

    /// Matchers for facts of a verb that stand among its parameters.
    pub(in crate::scenario) fn demands<V: Verb>(&mut self, list: &Node) -> Expectations {
        self.known_facts(list, V::NAME, V::ABOUT.facts);
        matcher::expectations(list, &mut self.problems)
    }

    /// The outcomes that a legend word accepts.
    pub(in crate::scenario) fn outcomes(&mut self, node: &Node) -> Vec<Outcome> {
        matcher::outcomes(node, &mut self.problems)
    }

    /// A path that the verb never produces would make `absent` and `never` pass for ever.
    fn known_facts(&mut self, list: &Node, verb: &str, facts: Facts) {
        let Words::Of(known) = facts.words else { return };
        let producer = facts.producer.map_or_else(|| format!("`{verb}`"), |case| format!("the case {case}"));
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
        let waits = matches!((action.role(), when), (Role::Waits, Quantifier::Eventually { .. }));
        if !action.observes() && !waits {
            let place = node.key(key).map_or(node.place, |key| key.place);
            let problem =
                Problem::new(Rule::Quantifier, place, format!("`{}` observes nothing that could hold", action.verb()));
            self.complain(problem.help("limit it with `timeout`, and observe in a step of its own"));
        }
    }
}
