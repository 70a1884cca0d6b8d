//! The requirement matrix: requirements by area, with the verdict of each scenario.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    evidence::{control::Control, plan::Level},
    report::{Report, controls::words, format, groups::essence},
    verdict::{RequirementVerdict, Verdict, worst},
};

/// The requirements whose ids have the same prefix.
#[derive(Debug, Serialize)]
pub(super) struct Area {
    pub name: String,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub id: String,
    pub text: String,
    pub level: &'static str,
    #[serde(skip)]
    rank: Level,
    pub source: String,
    /// `None` when no check examined it.
    pub badge: Option<Badge>,
    /// Empty when the verdict needs no explanation.
    pub reason: String,
    pub tally: String,
    /// The detection rate: sabotages that turned it red, of those that must; empty when none is declared.
    pub power: String,
    pub answers: Vec<Answer>,
}

/// The verdict of one scenario on a requirement.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub scenario: String,
    pub badge: Badge,
}

pub(super) fn areas(report: &Report) -> Vec<Area> {
    group(report.requirements.iter().map(|requirement| Row {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        level: level_word(requirement.level),
        rank: requirement.level,
        source: sources(&requirement.source, &requirement.controls),
        badge: Some(requirement.verdict.into()),
        reason: match requirement.verdict {
            Verdict::Pass => String::new(),
            _ => format::clipped(&essence(&requirement.reason), LONG),
        },
        tally: format!("{}/{}", requirement.passed, requirement.checks.len()),
        power: power(requirement),
        answers: answers(report, requirement),
    }))
}

/// Where it comes from, and the controls that it is evidence toward.
fn sources(source: &str, controls: &[Control]) -> String {
    if controls.is_empty() { source.to_owned() } else { format!("{source} · {}", words(controls)) }
}

fn power(requirement: &RequirementVerdict) -> String {
    match requirement.power.declared {
        0 => String::new(),
        declared => format!("{}/{declared} proven", requirement.power.proven),
    }
}

pub(super) fn unexamined(report: &Report) -> Vec<Area> {
    group(report.unexamined.iter().map(|requirement| Row {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        level: level_word(requirement.level),
        rank: requirement.level,
        source: sources(&requirement.source, &requirement.controls),
        badge: None,
        reason: String::new(),
        tally: String::new(),
        power: String::new(),
        answers: Vec::new(),
    }))
}

/// The area of a requirement: its id without the number.
pub(super) fn area_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(area, _)| area)
}

/// Groups rows into areas: areas with core requirements first, otherwise in the order of the catalogue; in an area,
/// core first.
fn group(rows: impl Iterator<Item = Row>) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for row in rows {
        let name = area_of(&row.id);
        match areas.iter_mut().find(|area| area.name == name) {
            Some(area) => area.rows.push(row),
            None => areas.push(Area { name: name.to_owned(), rows: vec![row] }),
        }
    }
    for area in &mut areas {
        area.rows.sort_by_key(|row| row.rank);
    }
    areas.sort_by_key(|area| area.rows.first().map(|row| row.rank));
    areas
}

fn answers(report: &Report, requirement: &RequirementVerdict) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for scenario in &report.scenarios {
        let own = report.checks.iter().filter(|check| check.scenario == scenario.id);
        let mut verdicts = own.filter(|check| requirement.checks.contains(&check.id)).map(|check| check.verdict);
        if let Some(first) = verdicts.next() {
            let badge = worst(verdicts.chain([first])).into();
            answers.push(Answer { scenario: scenario.id.clone(), badge });
        }
    }
    answers
}

pub(super) const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Core => "core",
        Level::Extended => "extended",
        Level::Hardening => "hardening",
    }
}

/// Maximum number of letters of a reason.
const LONG: usize = 400;
