//! What a run shows that an earlier run did not: the short form of a comparison, for the first screen of a report.
//!
//! Made by [`super::RunComparison::baseline`]. `report.json` does not contain it, for that is computed from the run's own
//! record alone.

use crate::verdict::Verdict;

/// An earlier run, and what changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The id of the earlier run.
    pub run: String,
    /// Everything that is red now and was not then.
    pub newly_red: Vec<NewlyRed>,
    /// Checks that were red then and pass now.
    pub newly_green: Vec<String>,
    /// Checks that passed then, and are neither red nor observed to pass now.
    pub no_longer_pass: Vec<String>,
    /// Versions and settings that differ, each in one line.
    pub differs: Vec<String>,
}

/// Something that became red.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewlyRed {
    pub verdict: Verdict,
    /// The id of a check, a scenario or a sabotage; `the run itself`.
    pub what: String,
    pub reason: String,
}

impl Baseline {
    /// `2 newly red, 1 green again`, or that nothing became red.
    pub(super) fn line(&self) -> String {
        let parts = [
            (self.newly_red.len(), "newly red"),
            (self.no_longer_pass.len(), "no longer pass"),
            (self.newly_green.len(), "green again"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
        if self.newly_red.is_empty() {
            let rest = if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) };
            return format!("nothing became red{rest}");
        }
        parts.join(", ")
    }
}
