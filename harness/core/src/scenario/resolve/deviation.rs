//! Known violations: only of hardening requirements, only where nothing else is at stake, never without a reason.

use super::Resolver;
use crate::{
    evidence::plan::Level,
    scenario::{
        model::{Deviates, Step},
        verbs::{HandshakeGrid, Role},
    },
    yaml::{Node, Problem, Rule, nearest},
};

impl Resolver<'_> {
    pub(super) fn deviates(&mut self, step: &Step, node: &Node) {
        let Some(known) = &step.deviates else { return };
        let at = |key: &str, message: String| Problem::new(Rule::Deviates, node.nearest(&[key]).place, message);
        let Role::Handshakes(grid) = step.action.role() else {
            let problem = Problem::new(Rule::Deviates, node.place, format!("`{}` has no cells", step.action.verb()));
            return self.complain(problem.help("a deviation is known of cells of a `probe`"));
        };
        if self.is_requirement(&known.from, node.nearest(&["from"]).place)
            && self.setting.requirements.get(&known.from) != Some(&Level::Hardening)
        {
            let problem =
                at("from", format!("`{}` is no hardening requirement: not meeting it is a failure", known.from));
            self.complain(problem.help("remove `deviates`; a waiver is not decided in a scenario"));
        }
        if known.reason.trim().is_empty() || known.compensated_by.is_empty() {
            let problem = Problem::new(Rule::Deviates, node.place, "a deviation says why, and what bounds the harm");
            self.complain(problem.help("fill in `reason` and `compensated-by`"));
        }
        for (id, item) in known.compensated_by.iter().zip(node.nearest(&["compensated-by"]).items()) {
            if self.is_requirement(id, item.place) && *id == known.from {
                let problem = Problem::new(Rule::Deviates, item.place, format!("`{id}` cannot compensate for itself"));
                self.complain(problem.help("name the requirement that bounds the harm"));
            }
        }
        for (key, word) in [("instead-of", &known.instead_of), ("observed", &known.observed)] {
            if !grid.legend.contains_key(word) {
                let meant = nearest(word, grid.legend.keys().map(String::as_str));
                self.complain(at(key, format!("the legend does not explain `{word}`")).suggest(meant));
            }
        }
        if known.instead_of == known.observed {
            self.complain(
                at("observed", "the expected legend word is no deviation".to_owned()).help("name another legend word"),
            );
        }
        self.only_evidence(step, known, grid, node);
    }

    /// What excuses one requirement must not excuse another.
    fn only_evidence(&mut self, step: &Step, known: &Deviates, grid: &HandshakeGrid, node: &Node) {
        let place = node.nearest(&["instead-of"]).place;
        let mut cells = 0;
        for (client, words) in &grid.clients {
            for (port, _) in grid.ports.iter().zip(words).filter(|(_, word)| **word == known.instead_of) {
                cells += 1;
                if step.requirements_of(client, port.word()) != std::slice::from_ref(&known.from) {
                    let message =
                        format!("the cell `{client}.{}` is not evidence for `{}` alone", port.word(), known.from);
                    let problem = Problem::new(Rule::Deviates, place, message);
                    self.complain(problem.help(format!("name it under `requirements` with [{}]", known.from)));
                }
            }
        }
        if cells == 0 {
            let problem = Problem::new(Rule::Deviates, place, format!("no cell names `{}`", known.instead_of));
            self.complain(problem.help("name the legend word of the cells that expect it"));
        }
    }
}
