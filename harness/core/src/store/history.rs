//! What checks did over several runs: their verdicts, oldest first, and in how many nights they were flaky.
//!
//! A check is flaky in a night when runs of the same world in it gave it different verdicts. Between nights the platform
//! may have changed, so a change from one night to the next is none.

use std::collections::{BTreeMap, BTreeSet};

use super::IndexEntry;
use crate::{
    scenario::fits,
    verdict::{CheckVerdict, Verdict},
};

/// A check over the runs that planned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub check: String,
    /// Oldest first.
    pub seen: Vec<Seen>,
}

/// The verdict on a check in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub run: String,
    pub world: String,
    pub group: Group,
    pub verdict: Verdict,
    pub reason: String,
}

/// Runs that are compared with each other: those of a nightly run, or of a day in UTC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group(pub String);

impl Group {
    /// The group of a run.
    #[must_use]
    pub fn of(entry: &IndexEntry) -> Self {
        let day = || entry.at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        Self(entry.night.clone().unwrap_or_else(day))
    }
}

/// The history of every check that fits the pattern, by id. The runs are given oldest first.
#[must_use]
pub fn histories<'a>(
    runs: impl IntoIterator<Item = (&'a IndexEntry, &'a [CheckVerdict])>,
    pattern: &str,
) -> Vec<History> {
    let mut histories: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    for (entry, checks) in runs {
        for check in checks.iter().filter(|check| fits(pattern, &check.id)) {
            histories.entry(&check.id).or_default().push(Seen {
                run: entry.run.clone(),
                world: entry.world.clone(),
                group: Group::of(entry),
                verdict: check.verdict,
                reason: check.reason.clone(),
            });
        }
    }
    histories.into_iter().map(|(check, seen)| History { check: check.to_owned(), seen }).collect()
}

impl History {
    /// Number of runs per verdict, worst first.
    #[must_use]
    pub fn counts(&self) -> Vec<(Verdict, usize)> {
        let count = |verdict| (verdict, self.seen.iter().filter(|seen| seen.verdict == verdict).count());
        Verdict::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// The nights in which it was flaky, and the nights in which that could show: with at least two runs of one world.
    #[must_use]
    pub fn flaky_nights(&self) -> (usize, usize) {
        let mut nights: BTreeMap<(&Group, &str), (usize, BTreeSet<Verdict>)> = BTreeMap::new();
        for seen in &self.seen {
            let (runs, verdicts) = nights.entry((&seen.group, &seen.world)).or_default();
            *runs += 1;
            verdicts.insert(seen.verdict);
        }
        let several: Vec<_> = nights.values().filter(|(runs, _)| *runs > 1).collect();
        (several.iter().filter(|(_, verdicts)| verdicts.len() > 1).count(), several.len())
    }

    /// One symbol per run, oldest first.
    #[must_use]
    pub fn symbols(&self) -> String {
        self.seen.iter().map(|seen| seen.verdict.symbol()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_different_verdicts_of_one_night_are_flaky() {
        let seen = |night: &str, world: &str, verdict| Seen {
            run: String::new(),
            world: world.to_owned(),
            group: Group(night.to_owned()),
            verdict,
            reason: String::new(),
        };
        let history = History {
            check: "a#b".to_owned(),
            seen: vec![
                seen("1", "kind", Verdict::Pass),
                seen("1", "kind", Verdict::Fail),
                // Another world is another platform.
                seen("2", "kind", Verdict::Pass),
                seen("2", "loopback", Verdict::Fail),
                seen("3", "kind", Verdict::Fail),
                seen("3", "kind", Verdict::Fail),
            ],
        };
        assert_eq!(history.flaky_nights(), (1, 2));
        assert_eq!(history.counts(), [(Verdict::Fail, 4), (Verdict::Pass, 2)]);
        assert_eq!(history.symbols(), "✓✗✓✗✗✗");
    }
}
