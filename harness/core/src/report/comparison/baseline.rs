//! A comparison as what is new in the later run: the data of the first screen of its report.

use super::{CheckChange, RunComparison, Seen, Turn, format::NOTHING};
use crate::{
    report::baseline::{Baseline, NewlyRed},
    verdict::Verdict,
};

impl RunComparison {
    /// What is new in the later run.
    #[must_use]
    pub fn baseline(&self) -> Baseline {
        let red =
            |verdict, what: &str, reason: &str| NewlyRed { verdict, what: what.to_owned(), reason: reason.to_owned() };
        let turned = self.turned(Turn::NewlyRed).map(|one| red(one.after, &one.id, &one.reason_after));
        let arrived = self.arrived_red().map(|one| red(one.verdict, &one.id, &one.reason));
        let problems = self.problems.iter().filter(|problem| problem.seen == Seen::After);
        let problems = problems.map(|problem| {
            let what = if problem.scenario.is_empty() { "the run itself" } else { &problem.scenario };
            red(Verdict::Broken, what, &problem.reason)
        });
        let proofs = self.sabotages.iter().filter(|one| one.is_newly_red());
        let proofs = proofs.filter_map(|one| {
            let after = one.after.as_ref()?;
            Some(red(after.proof.shown_as(), &one.id, &after.reason))
        });
        let ids = |turn| self.turned(turn).map(|one: &CheckChange| one.id.clone()).collect();
        let changed = |name: &str, before: &str, after: &str| format!("{name}: {before} → {after}");
        let settings = self.settings.iter().map(|one| changed(&one.name, &one.before, &one.after));
        let versions = self.versions.iter().map(|one| {
            changed(&one.what, one.before.as_deref().unwrap_or(NOTHING), one.after.as_deref().unwrap_or(NOTHING))
        });
        Baseline {
            run: self.before.run.id.clone(),
            newly_red: turned.chain(arrived).chain(problems).chain(proofs).collect(),
            newly_green: ids(Turn::NewlyGreen),
            no_longer_pass: ids(Turn::NoLongerPass),
            differs: versions.chain(settings).collect(),
        }
    }
}
