//! Documented commands as an HTML table.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{Report, documented_commands::DocumentedCommandView},
    verdict::Verdict,
};

#[derive(Debug, Serialize)]
pub(super) struct DocumentedCommandRow {
    pub badge: Badge,
    pub check: String,
    pub requirements: String,
    pub printed: String,
    pub class: String,
    pub replaced: Vec<String>,
    pub instead: String,
}

pub(super) fn printed_rows(report: &Report) -> Vec<DocumentedCommandRow> {
    report.printed.iter().map(|one| row(report, one)).collect()
}

fn row(report: &Report, one: &DocumentedCommandView) -> DocumentedCommandRow {
    let check = report.check(&one.check);
    DocumentedCommandRow {
        badge: check.map_or(Verdict::Broken, |check| check.verdict).into(),
        check: one.check.clone(),
        requirements: check.map(|check| check.requirements.join(", ")).unwrap_or_default(),
        printed: one.command.printed.clone(),
        class: one.command.class.clone(),
        replaced: one.command.replaced.clone(),
        instead: one.command.instead.as_ref().map(|instead| instead.ran.clone()).unwrap_or_default(),
    }
}
