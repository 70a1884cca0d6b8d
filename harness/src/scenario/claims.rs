//! What grids claim: who gets in where.
//!
//! Two claims about the same caller, server and column contradict each other when nothing changes the mesh between them: whatever
//! the mesh does, one of the two is red. Pure: files, places and messages are the callers' business.

use super::{
    cast::CastMember,
    effects::Effects,
    model::{Action, Column, Probe, Scenario, Step},
};
use crate::expectation::{Quantifier, outcome::Outcome};

/// What one cell says of one caller at one door.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    door: Endpoint,
    pub(super) gets_in: bool,
    /// Changes of the story before it: claims about the same mesh share the number.
    pub(super) changes: usize,
    /// Line of its step.
    pub(super) line: usize,
    pub(super) row: String,
    /// Of the column in its row.
    pub(super) index: usize,
}

/// Who calls whom, whatever they are called in the cast.
#[derive(Clone, Debug, PartialEq)]
struct Endpoint {
    caller: CastMember,
    server: CastMember,
    column: Column,
}

impl Claim {
    /// Whether one of the two must be red.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.door == other.door && self.gets_in != other.gets_in
    }
}

/// The claims of a story, in its order.
pub(super) fn of(scenario: &Scenario) -> Vec<Claim> {
    let mut claims = Vec::new();
    let changes_mesh = |step: &Step| !Effects::of(&step.action, &scenario.cast).objects.is_empty();
    let mut changes = scenario.setup.iter().filter(|step| changes_mesh(step)).count();
    for step in &scenario.steps {
        changes += usize::from(changes_mesh(step));
        // `never` turns the meaning of every word around.
        if let (Action::Probe(probe), false) = (&step.action, matches!(step.when, Quantifier::Never { .. })) {
            claims.extend(of_grid(scenario, probe, step.line, changes));
        }
    }
    claims
}

fn of_grid(scenario: &Scenario, probe: &Probe, line: usize, changes: usize) -> Vec<Claim> {
    let Some(server) = scenario.cast.get(&probe.to) else { return Vec::new() };
    let mut claims = Vec::new();
    for (row, words) in &probe.rows {
        let Some(caller) = scenario.cast.get(row) else { continue };
        for (index, (column, word)) in probe.columns.iter().zip(words).enumerate() {
            let accepted = probe.legend.get(word).map(|demands| demands.outcomes("outcome")).unwrap_or_default();
            // A word that accepts both, or nothing that is known, claims neither.
            if accepted.is_empty() || is_either(&accepted) {
                continue;
            }
            let gets_in = accepted.iter().any(Outcome::let_in);
            let door = Endpoint { caller: caller.clone(), server: server.clone(), column: *column };
            claims.push(Claim { door, gets_in, changes, line, row: row.clone(), index });
        }
    }
    claims
}

/// Whether a legend word is met by being let in and by being refused: such a cell could not be red.
pub(super) fn is_either(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(Outcome::let_in) && !outcomes.iter().all(Outcome::let_in)
}
