//! The detection rate: each sabotage that the run tried, with the checks that detected it.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{Report, detection, format},
    scenario::check::name_of,
    verdict::{Proof, SabotageVerdict, UnscriptedVerdict},
};

#[derive(Debug, Serialize)]
pub(super) struct DetectionTable {
    pub line: String,
    pub unproven: String,
    pub rows: Vec<DetectionRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct DetectionRow {
    pub badge: Badge,
    pub id: String,
    pub says: String,
    pub red: Vec<Red>,
    pub green: String,
    /// Why it was not proven; empty when it was.
    pub reason: String,
    pub took: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Red {
    pub name: String,
    pub reason: String,
}

/// The table; `None` for a run that tried no sabotage.
pub(super) fn detection_table(report: &Report) -> Option<DetectionTable> {
    let line = detection::line(report).filter(|_| detection::tried(report))?;
    let mut tried: Vec<&SabotageVerdict> = report.sabotages.iter().filter(|one| one.proof != Proof::NotTried).collect();
    // The sort is stable: worst first, otherwise in the order of the plan.
    tried.sort_by_key(|one| std::cmp::Reverse(one.proof));
    Some(DetectionTable {
        line,
        unproven: detection::unproven(report).join(", "),
        rows: tried.into_iter().map(row).collect(),
    })
}

fn row(one: &SabotageVerdict) -> DetectionRow {
    let names = |trials: &[crate::verdict::Trial]| {
        trials.iter().map(|trial| name_of(&trial.check).to_owned()).collect::<Vec<_>>().join(", ")
    };
    DetectionRow {
        badge: Badge { text: one.proof.word(), ..one.proof.shown_as().into() },
        id: one.id.clone(),
        says: one.says.clone(),
        red: one
            .red
            .iter()
            .map(|red| Red { name: name_of(&red.check).to_owned(), reason: red.reason.clone() })
            .collect(),
        green: names(&one.green),
        reason: if one.proof == Proof::Proven { String::new() } else { one.reason.clone() },
        took: one.took_ms.map(format::duration).unwrap_or_default(),
    }
}

/// Unscripted changes, and the checks that noticed them.
#[derive(Debug, Serialize)]
pub(super) struct UnscriptedTable {
    pub line: String,
    pub rows: Vec<UnscriptedRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct UnscriptedRow {
    pub badge: Badge,
    pub id: String,
    pub title: String,
    /// Checks that failed, the first few with their reason.
    pub failed: Vec<Red>,
    pub more: usize,
    /// Why it showed nothing; empty when a check noticed the change.
    pub reason: String,
    pub took: String,
}

/// The table; `None` for a run that made no unscripted change.
pub(super) fn unscripted_table(report: &Report) -> Option<UnscriptedTable> {
    let line = detection::unscripted_line(report)?;
    Some(UnscriptedTable { line, rows: report.wild.iter().map(unscripted_row).collect() })
}

fn unscripted_row(one: &UnscriptedVerdict) -> UnscriptedRow {
    let failed = one.noticed.iter().filter(|trial| trial.proof == Proof::Proven);
    UnscriptedRow {
        badge: Badge { text: detection::unscripted_word(one.proof), ..one.shown_as().into() },
        id: one.id.clone(),
        title: one.title.clone(),
        failed: failed
            .clone()
            .take(NOTICED)
            .map(|red| Red { name: red.check.clone(), reason: red.reason.clone() })
            .collect(),
        more: failed.count().saturating_sub(NOTICED),
        reason: if one.proof == Proof::Proven { String::new() } else { one.reason.clone() },
        took: one.took_ms.map(format::duration).unwrap_or_default(),
    }
}

/// Maximum number of checks shown per change.
const NOTICED: usize = 3;
