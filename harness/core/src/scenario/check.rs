//! The checks of a scenario: which there are, and their ids.
//!
//! A step that observes and demands something is a check, a cell of a grid is one, and a case at a target is one. Which of them a
//! run owes is the business of `plan`.

mod cases;

use super::{
    cases::TargetKind,
    model::{HandshakeGrid, Scenario, ServerPort, Step},
    offered::Offered,
    verbs::Role,
};
use crate::{
    evidence::plan::{Cell, Deviation, PlannedCheck},
    expectation::Quantifier,
};

/// The id of a step's check: `rotation/leaf-manual#deleted`.
pub fn check_id(scenario: &str, step: &str) -> String {
    format!("{scenario}#{step}")
}

/// The id of one cell of a grid: `strict/enforcement-grid#production.plain.app-mtls`.
pub fn cell_id(scenario: &str, step: &str, client: &str, port: ServerPort) -> String {
    format!("{scenario}#{step}.{client}.{}", port.word())
}

/// The id of one case at one target: `tls/client-certificates#run.expired.sidecar`.
pub fn case_id(scenario: &str, step: &str, case: &str, kind: TargetKind) -> String {
    format!("{scenario}#{step}.{case}.{}", kind.word())
}

/// What stands behind the `#` in a check's id.
pub fn name_of(check: &str) -> &str {
    check.split_once('#').map_or(check, |(_, name)| name)
}

/// The names of a step's checks: what stands behind the `#` of their ids.
pub fn names(scenario: &Scenario, step: &Step) -> Vec<String> {
    checks(scenario, step, &Offered::everything()).iter().map(|check| name_of(&check.id).to_owned()).collect()
}

/// A step is a check when it observes and demands something; a grid is a check per cell.
pub(super) fn checks(scenario: &Scenario, step: &Step, offered: &Offered) -> Vec<PlannedCheck> {
    match step.action.role() {
        Role::Cases(wanted) => cases::checks(scenario, step, wanted, offered),
        Role::Handshakes(grid) => cells(scenario, step, grid),
        Role::Observes | Role::SumsUp | Role::Renews if !step.expect.0.is_empty() => vec![PlannedCheck {
            id: check_id(&scenario.id, &step.id),
            step: step.id.clone(),
            says: step.description.clone(),
            requirements: step.requirements.values().flatten().cloned().collect(),
            when: step.when,
            min_samples: observations(step.when).unwrap_or(1),
            expect: step.expect.clone(),
            cell: None,
            deviation: None,
            case: None,
            not_applicable: None,
            line: step.line,
        }],
        Role::Observes | Role::SumsUp | Role::Renews | Role::Changes | Role::Breaks(_) | Role::Waits | Role::Steers => {
            Vec::new()
        }
    }
}

fn cells(scenario: &Scenario, step: &Step, grid: &HandshakeGrid) -> Vec<PlannedCheck> {
    let mut checks = Vec::new();
    for (client, words) in &grid.clients {
        for (port, word) in grid.ports.iter().zip(words) {
            let cell = Cell {
                grid: step.id.clone(),
                row: client.clone(),
                column: port.word().to_owned(),
                legend: word.clone(),
            };
            checks.push(PlannedCheck {
                id: cell_id(&scenario.id, &step.id, client, *port),
                step: step.id.clone(),
                says: step.description.clone(),
                requirements: step.requirements_of(client, port.word()).to_vec(),
                when: step.when,
                min_samples: observations(step.when).unwrap_or_default().max(grid.attempts),
                // The loader has checked that the legend explains every word.
                expect: grid.legend.get(word).cloned().unwrap_or_default(),
                cell: Some(cell),
                deviation: deviation(step, grid, word),
                case: None,
                not_applicable: None,
                line: step.line,
            });
        }
    }
    checks
}

fn deviation(step: &Step, grid: &HandshakeGrid, word: &str) -> Option<Deviation> {
    let known = step.deviates.as_ref().filter(|known| known.instead_of == word)?;
    Some(Deviation {
        from: known.from.clone(),
        // The loader has checked that the legend explains it.
        shows: grid.legend.get(&known.observed).cloned()?,
        because: known.reason.clone(),
        compensated_by: known.compensated_by.clone(),
    })
}

/// How many observations a quantifier needs at least.
fn observations(when: Quantifier) -> Option<u32> {
    match when {
        Quantifier::Always { samples, .. } | Quantifier::Never { samples, .. } => Some(samples),
        Quantifier::Eventually { stable, .. } => Some(stable),
        Quantifier::Once => None,
    }
}
