//! Differences in the facts of checks that have the same verdict in both runs.
//!
//! By default only the demanded paths of the deciding sample are compared. Two kinds of differences are counted and not
//! listed: values that differ in every run (see [`super::volatile`]), and measurements, which are numbers and durations
//! of which only a bound or their presence is demanded, as long as it is met. [`Detail::All`] lists every fact of every
//! sample.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    judged::JudgedRun,
    leaves::{leaves, plain_set},
    pairs::Paired,
    volatile::{Mask, masked},
};
use crate::{
    evidence::{event::Event, plan::PlannedCheck},
    expectation::{Matcher, Operator, matching::parse_duration},
    report::format,
    verdict::{CheckVerdict, Comparison, Verdict},
};

/// The facts whose differences are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Facts at demanded paths.
    Demanded,
    /// All recorded facts.
    All,
}

/// A check with the same verdict and different facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFacts {
    pub id: String,
    pub verdict: Verdict,
    pub changes: Vec<FactChange>,
}

/// The values at a path; `None` where the run has no such fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactChange {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A check with the same verdict and different reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonChange {
    pub id: String,
    pub verdict: Verdict,
    pub before: String,
    pub after: String,
}

/// Numbers of differences that are not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Values at demanded paths that differ in every run.
    pub volatile: usize,
    /// Numbers and durations that changed and still meet their demand.
    pub measured: usize,
    /// Reasons of passing checks, and reasons that differ only in volatile values and durations.
    pub reasons: usize,
    /// Differences in all facts of all samples, demanded or not.
    pub recorded: usize,
    /// The checks that have them.
    pub checks: usize,
}

impl LeftOut {
    /// Whether any difference was left out.
    #[must_use]
    pub const fn any(self) -> bool {
        self.volatile + self.measured + self.reasons + self.recorded > 0
    }
}

/// The listed differences in facts and reasons, and the numbers of those that are not listed.
pub(super) struct Found {
    pub facts: Vec<CheckFacts>,
    pub reasons: Vec<ReasonChange>,
    pub left_out: LeftOut,
}

pub(super) fn changes(paired: &Paired<'_>, before: &JudgedRun, after: &JudgedRun, detail: Detail) -> Found {
    let (planned, demanded) = (before.planned(), after.planned());
    let (old, new) = (recorded(before), recorded(after));
    let mut found = Found { facts: Vec::new(), reasons: Vec::new(), left_out: LeftOut::default() };
    for (check, now) in paired.both.iter().filter(|(check, now)| check.verdict == now.verdict) {
        let id = check.id.as_str();
        let all = everywhere(old.get(id), new.get(id), check, now);
        let changes = match detail {
            Detail::All => all,
            Detail::Demanded => {
                found.left_out.recorded += all.len();
                found.left_out.checks += usize::from(!all.is_empty());
                let plans = [planned.get(id).copied(), demanded.get(id).copied()];
                where_looked(check, now, plans, &mut found.left_out)
            }
        };
        if !changes.is_empty() {
            found.facts.push(CheckFacts { id: id.to_owned(), verdict: check.verdict, changes });
        }
        if check.reason == now.reason {
            continue;
        }
        if detail == Detail::Demanded && is_formula(check, now) {
            found.left_out.reasons += 1;
        } else {
            let (before, after) = (check.reason.clone(), now.reason.clone());
            found.reasons.push(ReasonChange { id: id.to_owned(), verdict: check.verdict, before, after });
        }
    }
    found
}

/// Whether the reason only states how often and how fast, as that of a passing check does.
fn is_formula(check: &CheckVerdict, now: &CheckVerdict) -> bool {
    let bare = |reason| masked(reason, Mask::IdentitiesAndDurations);
    check.verdict == Verdict::Pass || bare(&check.reason) == bare(&now.reason)
}

/// Differences at demanded paths, and in the outcomes of exchanges.
fn where_looked(
    check: &CheckVerdict,
    now: &CheckVerdict,
    plans: [Option<&PlannedCheck>; 2],
    left_out: &mut LeftOut,
) -> Vec<FactChange> {
    let mut changes = Vec::new();
    let exchanges = !check.outcomes.is_empty() && !now.outcomes.is_empty();
    if exchanges && check.outcomes != now.outcomes {
        if check.outcomes.keys().eq(now.outcomes.keys()) {
            left_out.measured += 1;
        } else {
            changes.push(outcomes(check, now));
        }
    }
    let (old, new) = (by_path(&check.comparisons), by_path(&now.comparisons));
    let paths = check.comparisons.iter().chain(&now.comparisons).map(|comparison| comparison.path.as_str());
    let mut seen = BTreeSet::new();
    // The outcomes of all exchanges replace that of the deciding one.
    for path in paths.filter(|path| seen.insert(*path) && !(exchanges && *path == OUTCOME)) {
        let (before, after) = (old.get(path), new.get(path));
        if before.map(|one| &one.observed) == after.map(|one| &one.observed) {
            continue;
        }
        match (before, after) {
            (Some(before), Some(after)) if is_volatile(before, after) => left_out.volatile += 1,
            (Some(before), Some(after)) if is_measured(path, before, after, plans) => left_out.measured += 1,
            _ => changes.push(FactChange {
                path: path.to_owned(),
                before: before.map(|one| one.observed.clone()),
                after: after.map(|one| one.observed.clone()),
            }),
        }
    }
    changes
}

fn by_path(comparisons: &[Comparison]) -> BTreeMap<&str, &Comparison> {
    comparisons.iter().map(|comparison| (comparison.path.as_str(), comparison)).collect()
}

fn outcomes(check: &CheckVerdict, now: &CheckVerdict) -> FactChange {
    let spelled = |check: &CheckVerdict| Some(format::outcomes(&check.outcomes)).filter(|text| !text.is_empty());
    FactChange { path: OUTCOMES.to_owned(), before: spelled(check), after: spelled(now) }
}

fn is_volatile(before: &Comparison, after: &Comparison) -> bool {
    masked(&before.observed, Mask::Identities) == masked(&after.observed, Mask::Identities)
}

/// Whether the values are numbers or durations that meet a bound in both runs, or whose presence alone is demanded.
fn is_measured(path: &str, before: &Comparison, after: &Comparison, plans: [Option<&PlannedCheck>; 2]) -> bool {
    let bounded = |plan: Option<&PlannedCheck>| {
        let demands = plan.into_iter().flat_map(|plan| &plan.expect.0);
        let mut matchers = demands.filter(|demand| demand.path == path).map(|demand| &demand.matcher).peekable();
        matchers.peek().is_some() && matchers.all(is_bound)
    };
    let amounts = |one: &Comparison| one.met && one.observed.split(", ").all(is_amount);
    amounts(before) && amounts(after) && plans.into_iter().all(bounded)
}

const fn is_bound(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Between { .. } | Matcher::Present => true,
        Matcher::Compare { operator, .. } => match operator {
            Operator::AtLeast | Operator::AtMost | Operator::Less | Operator::More => true,
            Operator::NotEqual => false,
        },
        Matcher::Absent
        | Matcher::AbsentOr { .. }
        | Matcher::AnyOf { .. }
        | Matcher::Contains { .. }
        | Matcher::Equals { .. }
        | Matcher::Exactly { .. }
        | Matcher::NoElement { .. }
        | Matcher::Where { .. } => false,
    }
}

fn is_amount(text: &str) -> bool {
    text.parse::<f64>().is_ok() || parse_duration(text).is_some()
}

/// All differences in all facts of all samples.
fn everywhere(
    before: Option<&Vec<&Value>>,
    after: Option<&Vec<&Value>>,
    check: &CheckVerdict,
    now: &CheckVerdict,
) -> Vec<FactChange> {
    let (old, new) = (leaves(before), leaves(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    let facts = differing.map(|path| FactChange {
        path: path.clone(),
        before: old.get(path).map(plain_set),
        after: new.get(path).map(plain_set),
    });
    (check.outcomes != now.outcomes).then(|| outcomes(check, now)).into_iter().chain(facts).collect()
}

/// The facts of all samples, by check.
fn recorded(run: &JudgedRun) -> BTreeMap<&str, Vec<&Value>> {
    let mut facts: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for entry in &run.record.record().entries {
        if let Event::Observed { check, sample, .. } = &entry.event {
            facts.entry(check).or_default().push(&sample.facts);
        }
    }
    facts
}

/// The path of an exchange's outcome.
const OUTCOME: &str = "outcome";
/// The name under which the outcomes of all exchanges are listed, with their numbers. It is no path of a fact.
const OUTCOMES: &str = "outcomes";
