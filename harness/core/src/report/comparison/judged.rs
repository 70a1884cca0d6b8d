//! A run that can be compared: its record is whole, and the run was completed.
//!
//! A damaged or partial record is refused with the reasons, never compared: its missing checks would look like a change
//! of the stack.

use std::collections::BTreeMap;

use crate::{
    evidence::{
        event::{Event, RunStatus},
        plan::PlannedCheck,
        record::Record,
    },
    report::{PublicRecord, Report},
};

/// A whole record with its current judgement.
#[derive(Clone, Debug)]
pub struct JudgedRun {
    pub(super) record: PublicRecord,
    pub(super) report: Report,
}

/// Why a record cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the record is damaged: {}", .flaws.join("; "))]
    Damaged { flaws: Vec<String> },
    #[error("the record is partial: the run was interrupted")]
    Interrupted,
    #[error("the record is partial: it ends before the run does, which was killed or is still running")]
    Partial,
    #[error("the record has no plan, so nothing was owed and nothing can be compared")]
    Planless,
    #[error("the run could not be completed: {}", .problems.join("; "))]
    Uncompleted { problems: Vec<String> },
}

impl JudgedRun {
    /// Judges a record from its events.
    ///
    /// # Errors
    /// When the record is damaged or partial, or the run never reached its checks.
    pub fn of(record: &Record) -> Result<Self, Unusable> {
        let record = PublicRecord::of(record);
        let (report, _) = Report::of(&record);
        let flaws: Vec<String> = record.record().flaws.iter().map(ToString::to_string).collect();
        if !flaws.is_empty() {
            return Err(Unusable::Damaged { flaws });
        }
        if !record.record().entries.iter().any(|entry| matches!(entry.event, Event::RunEnded { .. })) {
            return Err(Unusable::Partial);
        }
        match report.status {
            RunStatus::Broken => return Err(Unusable::Uncompleted { problems: report.problems }),
            RunStatus::Interrupted => return Err(Unusable::Interrupted),
            RunStatus::Complete => {}
        }
        if record.record().plan().is_none() {
            return Err(Unusable::Planless);
        }
        Ok(Self { record, report })
    }

    /// The planned checks by id. Trials of sabotages are left out: their proofs are compared.
    pub(super) fn planned(&self) -> BTreeMap<&str, &PlannedCheck> {
        let scenarios = self.record.record().plan().into_iter().flat_map(|plan| &plan.scenarios);
        scenarios.flat_map(|scenario| &scenario.checks).map(|check| (check.id.as_str(), check)).collect()
    }
}
