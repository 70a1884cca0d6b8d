//! What grids claim: which client gets in where.
//!
//! Two claims about the same client, server and port contradict each other when nothing changes the mesh between them: whatever
//! the mesh does, one of the two fails. Pure: files, places and messages are not here.

use super::{
    model::{HandshakeGrid, Scenario, ServerPort, Step},
    participant::Participant,
    verbs::Role,
};
use crate::expectation::{Quantifier, outcome::Outcome};

/// What one cell claims about one client at one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    endpoint: Endpoint,
    pub(super) gets_in: bool,
    /// Changes before it: claims about the same mesh share the number.
    pub(super) changes: usize,
    /// Line of its step.
    pub(super) line: usize,
    pub(super) client: String,
    /// Of the port.
    pub(super) index: usize,
}

/// Client, server and port, whatever their names.
#[derive(Clone, Debug, PartialEq)]
struct Endpoint {
    caller: Participant,
    server: Participant,
    port: ServerPort,
}

impl Claim {
    /// Whether one of the two must fail.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.endpoint == other.endpoint && self.gets_in != other.gets_in
    }
}

/// The claims of a scenario, in the order of its steps.
pub(super) fn of(scenario: &Scenario) -> Vec<Claim> {
    let mut claims = Vec::new();
    let changes_mesh = |step: &Step| !step.action.effects(&scenario.participants).objects.is_empty();
    let mut changes = scenario.setup.iter().filter(|step| changes_mesh(step)).count();
    for step in &scenario.steps {
        changes += usize::from(changes_mesh(step));
        // `never` turns the meaning of every word around.
        if let (Role::Handshakes(grid), false) = (step.action.role(), matches!(step.when, Quantifier::Never { .. })) {
            claims.extend(of_grid(scenario, grid, step.line, changes));
        }
    }
    claims
}

fn of_grid(scenario: &Scenario, grid: &HandshakeGrid, line: usize, changes: usize) -> Vec<Claim> {
    let Some(server) = scenario.participants.get(&grid.to) else { return Vec::new() };
    let mut claims = Vec::new();
    for (client, words) in &grid.clients {
        let Some(caller) = scenario.participants.get(client) else { continue };
        for (index, (port, word)) in grid.ports.iter().zip(words).enumerate() {
            let accepted = grid.legend.get(word).map(|demands| demands.outcomes("outcome")).unwrap_or_default();
            // A word that accepts both, or nothing that is known, claims neither.
            if accepted.is_empty() || is_either(&accepted) {
                continue;
            }
            let gets_in = accepted.iter().any(Outcome::let_in);
            let endpoint = Endpoint { caller: caller.clone(), server: server.clone(), port: *port };
            claims.push(Claim { endpoint, gets_in, changes, line, client: client.clone(), index });
        }
    }
    claims
}

/// Whether a legend word is met by getting in and by being refused: such a cell cannot fail.
pub(super) fn is_either(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(Outcome::let_in) && !outcomes.iter().all(Outcome::let_in)
}
