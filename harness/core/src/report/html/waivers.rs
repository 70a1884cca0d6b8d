//! The section of waivers: what each one waives, and which have expired or match nothing.

use serde::Serialize;

use super::badge::Badge;
use crate::report::{Report, waivers::waiver_lines};

#[derive(Debug, Serialize)]
pub(super) struct WaiverRow {
    pub badge: Badge,
    pub text: String,
}

pub(super) fn waiver_rows(report: &Report) -> Vec<WaiverRow> {
    waiver_lines(report).into_iter().map(|line| WaiverRow { badge: line.mark.into(), text: line.text }).collect()
}
