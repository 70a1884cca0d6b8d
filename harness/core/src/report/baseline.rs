//! What a run shows that an earlier run did not: the short form of a comparison, for the first screen of a report.
//!
//! Input: a [`RunComparison`] whose later run is the reported one. Output: a [`Baseline`]. `report.json` does not contain
//! it, for it is computed from the run's own record alone.

use super::{RunComparison, Seen, Turn, comparison::CheckChange};
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
    /// The short form of a comparison.
    #[must_use]
    pub fn of(comparison: &RunComparison) -> Self {
        let red =
            |verdict, what: &str, reason: &str| NewlyRed { verdict, what: what.to_owned(), reason: reason.to_owned() };
        let turned = comparison.turned(Turn::NewlyRed).map(|one| red(one.after, &one.id, &one.reason_after));
        let arrived = comparison.arrived_red().map(|one| red(one.verdict, &one.id, &one.reason));
        let problems = comparison.problems.iter().filter(|problem| problem.seen == Seen::After);
        let problems = problems.map(|problem| {
            let what = if problem.scenario.is_empty() { "the run itself" } else { &problem.scenario };
            red(Verdict::Broken, what, &problem.reason)
        });
        let proofs = comparison.sabotages.iter().filter(|one| one.is_newly_red());
        let proofs = proofs.filter_map(|one| {
            let after = one.after.as_ref()?;
            Some(red(after.proof.shown_as(), &one.id, &after.reason))
        });
        let ids = |turn| comparison.turned(turn).map(|one: &CheckChange| one.id.clone()).collect();
        let changed = |name: &str, before: &str, after: &str| format!("{name}: {before} → {after}");
        let settings = comparison.settings.iter().map(|one| changed(&one.name, &one.before, &one.after));
        let versions = comparison.versions.iter().map(|one| {
            changed(&one.what, one.before.as_deref().unwrap_or(NOTHING), one.after.as_deref().unwrap_or(NOTHING))
        });
        Self {
            run: comparison.before.run.id.clone(),
            newly_red: turned.chain(arrived).chain(problems).chain(proofs).collect(),
            newly_green: ids(Turn::NewlyGreen),
            no_longer_pass: ids(Turn::NoLongerPass),
            differs: versions.chain(settings).collect(),
        }
    }

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

const NOTHING: &str = "none";
