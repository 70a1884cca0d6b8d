//! Verbs: exactly one per step, and the members, streams and faults they refer to.

use super::{Resolver, Section, cases, documented_command, grid, participants::Part, rules};
use crate::{
    scenario::{
        model::{Action, Break, EnvoyConfig, Get, Inspect, Misconfigure, Step, SvidKind, SvidRequest, Trust},
        raw,
        selector::{LabelSelector, SelectorError},
        trees::floating,
    },
    yaml::{Node, Place, Problem, Rule, nearest},
};

/// The key of a step that observes, and the message when it observes nothing.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) key: &'static str,
    pub(super) rule: Rule,
    pub(super) purpose: &'static str,
}

impl Resolver<'_> {
    /// The one verb of a step; `None` when there is none or several, which is reported.
    pub(super) fn action(&mut self, raw: &mut raw::Step, node: &Node, name: &str) -> Option<Action> {
        let mut actions = Vec::new();
        actions.extend(raw.alert.take().map(Action::Alert));
        actions.extend(raw.apply.take().map(Action::Apply));
        actions.extend(raw.client_behaviour.take().map(Action::ClientBehaviour));
        actions.extend(raw.delete.take().map(Action::Delete));
        actions.extend(raw.envoy_config.take().map(Action::EnvoyConfig));
        actions.extend(raw.exec.take().map(Action::Exec));
        actions.extend(raw.get.take().map(Action::Get));
        actions.extend(raw.heal.take().map(Action::Heal));
        actions.extend(raw.inspect.take().map(Action::Inspect));
        actions.extend(raw.patch.take().map(Action::Patch));
        actions.extend(raw.promql.take().map(Action::Promql));
        actions.extend(raw.proxy_status.take().map(Action::ProxyStatus));
        actions.extend(raw.reapply.take().map(Action::Reapply));
        actions.extend(raw.rotate.take().map(Action::Rotate));
        actions.extend(raw.svid.take().map(Action::Svid));
        actions.extend(raw.traffic.take().map(Action::Traffic));
        actions.extend(raw.trust.take().map(Action::Trust));
        actions.extend(raw.wait.take().map(Action::Wait));
        actions.extend(raw.misconfigure.take().map(Action::Misconfigure));
        if let Some(probe) = raw.probe.take() {
            let known = raw.deviates.as_ref().map(|known| known.observed.as_str());
            actions.push(Action::Probe(grid::read(self, probe, known, node.nearest(&["probe"]))));
        }
        if let Some(wanted) = raw.cases.take() {
            actions.push(Action::Cases(cases::read(self, wanted, node.nearest(&["cases"]))?));
        }
        if let Some(command) = raw.command.take() {
            actions.push(Action::Command(documented_command::read(self, command, node.nearest(&["command"]))));
        }
        if let Some(fault) = raw.break_.take() {
            actions.push(Action::Break(self.fault(fault, node.nearest(&["break"]), name)?));
        }
        if let Some(rules) = raw.rules.take() {
            actions.push(Action::Rules(rules::read(self, rules, node.nearest(&["rules"]))?));
        }
        let action = actions.pop();
        if let (Some(action), Some(other)) = (&action, actions.first()) {
            let place = node.key(action.verb()).map_or(node.place, |key| key.place);
            let message = format!("`{}` and `{}` in one step", other.verb(), action.verb());
            self.complain(Problem::new(Rule::Verb, place, message).help("a step has exactly one verb; split it"));
            return None;
        }
        let Some(action) = action else {
            let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
            let problem = Problem::new(Rule::Verb, place, "this step has no verb");
            self.complain(problem.help(
                "one of alert, apply, break, cases, client-behaviour, command, delete, envoy-config, exec, get, heal, inspect, misconfigure, \
                 patch, probe, promql, proxy-status, reapply, rotate, rules, svid, traffic, trust, wait",
            ));
            return None;
        };
        self.references(&action, node, name);
        Some(action)
    }

    /// Checks that a name is a participant that can take the part.
    pub(super) fn member(&mut self, name: &str, place: Place, part: Part) {
        let participants = self.participants;
        let Some(member) = participants.get(name) else {
            let problem = Problem::new(Rule::Participants, place, format!("there is no participant `{name}`"));
            return self.complain(match nearest(name, participants.keys().map(String::as_str)) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("declare it under `participants`"),
            });
        };
        self.members_used.insert(name.to_owned());
        let message = match part {
            Part::Caller if member.client.is_none() => format!("`{name}` is a workload: it cannot call"),
            Part::Server if member.workload.is_none() => format!("`{name}` is a client: it cannot be called"),
            _ => return,
        };
        self.complain(Problem::new(Rule::Participants, place, message).help("clients call, workloads answer"));
    }

    fn references(&mut self, action: &Action, node: &Node, name: &str) {
        let node = node.nearest(&[action.verb()]);
        match action {
            Action::EnvoyConfig(wanted) => self.envoy_config(wanted, node),
            Action::Get(get) | Action::Wait(get) => self.get(get, node),
            Action::Heal(fault) => {
                self.positive_controls.healed(fault);
                self.heal(fault, node);
            }
            Action::Inspect(inspect) => self.inspect(inspect, node),
            Action::Rotate(rotate) => {
                self.rotate(rotate, node);
            }
            Action::Svid(svid) => self.svid(svid, node),
            Action::Traffic(traffic) => self.traffic(traffic, node),
            Action::Trust(trust) => self.trust(trust, node),
            Action::Break(_) => {
                self.positive_controls.broken(name);
                self.faults.insert(name.to_owned());
            }
            Action::Exec(exec) => {
                self.selector(&exec.selector, node);
                if exec.command.is_empty() {
                    let place = node.nearest(&["command"]).place;
                    let problem = Problem::new(Rule::Empty, place, "no program to run");
                    self.complain(problem.help("name it first, then its arguments"));
                }
            }
            Action::Misconfigure(Misconfigure { client, workload: None, rules: None }) if client.is_empty() => {
                let place = node.nearest(&["client"]).place;
                self.complain(
                    Problem::new(Rule::Empty, place, "no fault is listed")
                        .help("name faults of fixtures/client/README.md, a workload, or a rule"),
                );
            }
            Action::Apply(_) => self.problems.extend(floating(node)),
            Action::Misconfigure(faults) => {
                if let Some(workload) = &faults.workload {
                    self.member(&workload.of, node.nearest(&["workload", "of"]).place, Part::Server);
                    if workload.is_empty() {
                        let place = node.nearest(&["workload"]).place;
                        let problem = Problem::new(Rule::Empty, place, "no fault of this workload is listed");
                        self.complain(problem.help("`verify: accept-anything`, `reload: never` or `answers: most`"));
                    }
                }
                if let Some(wanted) = &faults.rules {
                    rules::misconfigured(self, wanted, node.nearest(&["rules"]));
                }
            }
            Action::Alert(_)
            | Action::Cases(_)
            | Action::Command(_)
            | Action::ClientBehaviour(_)
            | Action::Delete(_)
            | Action::Patch(_)
            | Action::Probe(_)
            | Action::Promql(_)
            | Action::ProxyStatus(_)
            | Action::Reapply(_)
            | Action::Rules(_) => {}
        }
    }

    fn envoy_config(&mut self, wanted: &EnvoyConfig, node: &Node) {
        let place = node.nearest(&["of"]).place;
        self.member(&wanted.of, place, Part::Server);
        if self.participants.get(&wanted.of).is_some_and(|member| !member.sidecar) {
            let message = format!("`{}` has `sidecar: false`", wanted.of);
            self.complain(Problem::new(Rule::Participants, place, message));
        }
    }

    fn get(&mut self, get: &Get, node: &Node) {
        if get.name.is_some() && get.selector.is_some() {
            let place = node.key("selector").map_or(node.place, |key| key.place);
            let problem = Problem::new(Rule::Get, place, "`name` and `selector` together select nothing more");
            self.complain(problem.help("`name` gives one object, `selector` gives `items`"));
        }
        if let Some(selector) = &get.selector {
            self.selector(selector, node);
        }
    }

    /// A selector that no API server would accept, or that another world would read otherwise.
    fn selector(&mut self, text: &str, node: &Node) {
        if let Err(error) = text.parse::<LabelSelector>() {
            let problem = Problem::new(Rule::Selector, node.nearest(&["selector"]).place, error.to_string());
            self.complain(problem.help(match error {
                SelectorError::Empty => "leave out `selector` to get all objects of the kind",
                _ => "write `app=proxy-api`, `app!=proxy-api`, `app`, `!app` or `app in (a, b)`, with commas for and",
            }));
        }
    }

    fn heal(&mut self, fault: &str, node: &Node) {
        if !self.faults.contains(fault) {
            let problem =
                Problem::new(Rule::Heal, node.place, format!("no `break` step before this one is called `{fault}`"));
            let meant = nearest(fault, self.faults.iter().map(String::as_str)).map(str::to_owned);
            self.complain(problem.suggest(meant.as_deref()));
        }
    }

    fn inspect(&mut self, inspect: &Inspect, node: &Node) {
        match (&inspect.secret, &inspect.sidecar) {
            (Some(secret), None) => self.secret(secret, node.nearest(&["secret"]).place),
            (None, Some(member)) => {
                let place = node.nearest(&["sidecar"]).place;
                self.member(member, place, Part::Anyone);
                if self.participants.get(member).is_some_and(|member| !member.sidecar) {
                    let message = format!("`{member}` has `sidecar: false`: there is nothing to inspect");
                    self.complain(Problem::new(Rule::Participants, place, message));
                }
            }
            (_, sidecar) => {
                self.members_used.extend(sidecar.clone());
                let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
                let problem = Problem::new(Rule::Inspect, place, "inspect exactly one thing");
                self.complain(problem.help("`secret: namespace/name`, or `sidecar: participant`"));
            }
        }
        for (key, name) in [("anchor", &inspect.anchor), ("issuer", &inspect.issuer)] {
            if let Some(name) = name {
                self.secret(name, node.nearest(&[key]).place);
            }
        }
    }

    pub(super) fn secret(&mut self, name: &str, place: Place) {
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
            let problem = Problem::new(Rule::Secret, place, format!("`{name}` does not name a Secret"));
            self.complain(problem.help("write `namespace/name`"));
        }
    }

    fn svid(&mut self, svid: &SvidRequest, node: &Node) {
        self.member(&svid.of, node.nearest(&["of"]).place, Part::Anyone);
        let place = node.nearest(&["kind"]).place;
        match (svid.kind, &svid.audience) {
            (SvidKind::Jwt, None) => {
                self.complain(
                    Problem::new(Rule::Svid, place, "a JWT-SVID is made for an audience").help("add `audience`"),
                );
            }
            (SvidKind::X509, Some(_)) => {
                let problem = Problem::new(Rule::Svid, place, "an X.509-SVID has no audience");
                self.complain(problem.help("drop `audience`, or write `kind: jwt`"));
            }
            _ => {}
        }
    }

    fn trust(&mut self, trust: &Trust, node: &Node) {
        let store = node.nearest(&["store"]).place;
        if trust.store.is_empty() {
            let problem = Problem::new(Rule::Secret, store, "a trust store has a name");
            self.complain(problem.help("a Bundle's name, or `namespace/name` of a Secret"));
        } else if trust.store.contains('/') {
            self.secret(&trust.store, store);
        }
        let list = node.nearest(&["roots"]);
        for (root, item) in trust.roots.iter().zip(list.items()) {
            self.secret(root, item.place);
        }
        if trust.roots.is_empty() {
            let problem = Problem::new(Rule::Empty, list.place, "a store without roots trusts no certificate");
            self.complain(problem.help("name at least one Secret with a `ca.crt`"));
        }
    }

    fn fault(&mut self, fault: raw::Break, node: &Node, name: &str) -> Option<Break> {
        let list = node.nearest(&["do"]);
        if fault.steps.is_empty() {
            self.complain(
                Problem::new(Rule::Fault, list.place, "this fault does nothing")
                    .help("list at least one step under `do`"),
            );
        }
        let steps = self.changes(fault.steps, list, name);
        let sight = Sight { key: "confirm", rule: Rule::Fault, purpose: "confirm a fault" };
        let confirm = self.sight(*fault.confirm, node, name, sight)?;
        Some(Break { steps, confirm, recovered: None })
    }

    /// The steps of a fault or a sabotage.
    pub(super) fn changes(&mut self, steps: Vec<raw::Step>, list: &Node, name: &str) -> Vec<Step> {
        let mut done = Vec::new();
        for (index, (raw, node)) in steps.into_iter().zip(list.items()).enumerate() {
            done.extend(self.step(raw, node, Section::Fault, &format!("{name}.do-{}", index + 1)));
        }
        done
    }

    /// A step that observes the effect of a fault or a sabotage.
    pub(super) fn sight(&mut self, raw: raw::Step, node: &Node, name: &str, sight: Sight) -> Option<Box<Step>> {
        let Sight { key, rule, purpose } = sight;
        let step = self.step(raw, node.nearest(&[key]), Section::Confirm, &format!("{name}.{key}"))?;
        if !step.action.observes() && !matches!(step.action, Action::Wait(_)) {
            let place = node.nearest(&[key]).entries().next().map_or(node.place, |(key, _)| key.place);
            let problem = Problem::new(rule, place, format!("`{}` cannot {purpose}", step.action.verb()));
            self.complain(problem.help("observe the effect: `probe`, `get`, `promql` …"));
        }
        Some(Box::new(step))
    }
}
