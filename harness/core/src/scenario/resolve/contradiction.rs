//! Expectations that exclude each other, and those that are always met.

use super::{Resolver, Section};
use crate::{
    expectation::outcome::EXCHANGES,
    scenario::{
        claims::{self, Claim},
        model::{Scenario, Step},
        verbs::Role,
    },
    yaml::{Node, Place, Problem, Rule},
};

impl Resolver<'_> {
    /// A legend word that accepts a client that gets in and one that is refused.
    pub(super) fn either(&mut self, step: &Step, node: &Node, section: Section) {
        let Role::Handshakes(grid) = step.action.role() else { return };
        if section != Section::Steps {
            return;
        }
        let legend = node.nearest(&["probe", "legend"]);
        for (key, value) in legend.entries() {
            let Some(demands) = grid.legend.get(&key.text) else { continue };
            for exchange in EXCHANGES {
                if claims::is_either(&demands.outcomes(exchange)) {
                    let place = value.nearest(&[exchange]).place;
                    let message = format!("`{}` is met by getting in and by being refused: it cannot fail", key.text);
                    let problem = Problem::new(Rule::Contradiction, place, message);
                    self.complain(problem.help("decide which of the two is expected; two clients need two words"));
                }
            }
        }
    }

    /// Two cells of which one must fail.
    pub(super) fn contradictions(&mut self, scenario: &Scenario, node: &Node) {
        let claims = claims::of(scenario);
        for (index, claim) in claims.iter().enumerate() {
            let before =
                claims[..index].iter().find(|other| other.changes == claim.changes && other.contradicts(claim));
            if let Some(other) = before {
                let place = place(claim, node);
                self.complain(problem(claim, place, &format!("line {}", self::place(other, node).line)));
            }
        }
    }
}

/// The complaint about a claim that contradicts one made elsewhere.
pub(in crate::scenario) fn problem(claim: &Claim, place: Place, elsewhere: &str) -> Problem {
    let (here, there) = if claim.gets_in { ("gets in", "is refused") } else { ("is refused", "gets in") };
    let message =
        format!("`{}` {here} here and {there} in {elsewhere}, and nothing changes the mesh in between", claim.client);
    Problem::new(Rule::Contradiction, place, message)
        .help("one of the two cells fails whatever the mesh does: correct it, or change the mesh between them")
}

/// Where the cell of a claim was written.
pub(in crate::scenario) fn place(claim: &Claim, document: &Node) -> Place {
    let steps = document.get("steps").map(Node::items).unwrap_or_default();
    let Some(step) = steps.iter().find(|step| step.place.line == claim.line) else { return Place::START };
    let cells = step.nearest(&["probe", "clients", &claim.client]);
    cells.items().get(claim.index).map_or(cells.place, |cell| cell.place)
}
