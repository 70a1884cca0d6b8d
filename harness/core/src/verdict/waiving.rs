//! Waivers: which failures of a run they cover, and what became of each of them.
//!
//! A waiver counts until its last day, seen from the day on which the run started, in UTC. It turns `fail` and `finding`
//! of the checks that it covers into `waived`, and nothing else: a check that is broken, unknown or vacuous shows no
//! failure that anybody could know. Trials of sabotages are never waived, and nothing is in a damaged record.

use jiff::{civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Verdict, check::CheckVerdict, transcript::Transcript};
use crate::{
    evidence::waiver::{Covers, Waiver},
    scenario::{matches, trial::MARK},
};

/// A waiver, and what it waived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaiverVerdict {
    /// The pattern of the checks that it covers, for one that names checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The requirement whose checks it covers, for one that names a requirement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    pub owner: String,
    pub reason: String,
    #[schemars(with = "String")]
    pub until: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    pub state: WaiverState,
    /// The checks that are `waived` because of it.
    pub waived: Vec<String>,
    /// The checks that it covers and that are red all the same.
    pub red: Vec<String>,
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// The run started after its last day.
    Expired,
    /// It waives at least one check.
    InForce,
    /// It is for another world than that of the run.
    OtherWorld,
    /// It covers no check of the run.
    Unmatched,
    /// None of the checks that it covers has a failure that it waives.
    Unneeded,
}

/// The waivers of a run, on the day of the run.
pub(super) struct Waiving<'a> {
    waivers: &'a [Waiver],
    world: &'a str,
    /// `None` when nothing may be waived.
    day: Option<Date>,
}

impl<'a> Waiving<'a> {
    pub(super) fn of(transcript: &'a Transcript<'_>) -> Self {
        let day = transcript.run.started.map(|at| at.to_zoned(TimeZone::UTC).date());
        let day = day.filter(|_| transcript.damage.is_none());
        Self { waivers: transcript.waivers, world: &transcript.run.world, day }
    }

    /// Waives the check if it may be and somebody answers for each thing that it stands for.
    pub(super) fn apply(&self, mut check: CheckVerdict) -> CheckVerdict {
        let is_failure = matches!(check.verdict, Verdict::Fail | Verdict::Finding);
        if !is_failure || self.waivers.is_empty() || check.scenario.contains(MARK) {
            return check;
        }
        let answering = self.answering(&check, |waiver| self.is_in_force(waiver));
        if let Some(first) = answering.first() {
            let more = answering[1..].iter().map(|waiver| format!(" and until {} by {}", waiver.until, waiver.owner));
            let by = format!("until {} by {}{}", first.until, first.owner, more.collect::<String>());
            check.reason = format!("{by} ({}): {}", first.reason, check.reason);
            check.unwaived = Some(check.verdict);
            check.verdict = Verdict::Waived;
        } else if let Some(expired) =
            self.answering(&check, |waiver| self.is_here(waiver)).into_iter().find(|one| self.has_ended(one))
        {
            check.reason = format!("{}; the waiver of {} expired on {}", check.reason, expired.owner, expired.until);
        }
        check
    }

    /// The waivers that together answer for the check: the first that names it, or one for each of its requirements.
    fn answering(&self, check: &CheckVerdict, counts: impl Fn(&Waiver) -> bool) -> Vec<&'a Waiver> {
        let named = self.waivers.iter().find(|waiver| {
            counts(waiver) && matches!(&waiver.covers, Covers::Check(pattern) if matches(pattern, &check.id))
        });
        if let Some(named) = named {
            return vec![named];
        }
        let of_requirement = |id: &String| {
            self.waivers
                .iter()
                .find(|waiver| counts(waiver) && matches!(&waiver.covers, Covers::Requirement(one) if one == id))
        };
        check.requirements.iter().map(of_requirement).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    fn is_here(&self, waiver: &Waiver) -> bool {
        waiver.world.as_deref().is_none_or(|world| world == self.world)
    }

    fn has_ended(&self, waiver: &Waiver) -> bool {
        self.day.is_some_and(|day| waiver.until < day)
    }

    fn is_in_force(&self, waiver: &Waiver) -> bool {
        self.is_here(waiver) && self.day.is_some_and(|day| day <= waiver.until)
    }

    /// What became of each waiver.
    pub(super) fn conclude(&self, checks: &[CheckVerdict]) -> Vec<WaiverVerdict> {
        self.waivers.iter().map(|waiver| self.conclude_one(waiver, checks)).collect()
    }

    fn conclude_one(&self, waiver: &Waiver, checks: &[CheckVerdict]) -> WaiverVerdict {
        let covered: Vec<&CheckVerdict> = checks.iter().filter(|check| covers(waiver, check)).collect();
        let counts = self.is_in_force(waiver);
        let is_owed_to_it = |check: &&&CheckVerdict| {
            counts
                && check.verdict == Verdict::Waived
                && self.answering(check, |one| self.is_in_force(one)).iter().any(|one| std::ptr::eq(*one, waiver))
        };
        let own: Vec<String> = covered.iter().filter(is_owed_to_it).map(|check| check.id.clone()).collect();
        let red = covered.iter().filter(|check| !check.verdict.is_green() && check.verdict != Verdict::Finding);
        let state = if !self.is_here(waiver) {
            WaiverState::OtherWorld
        } else if covered.is_empty() {
            WaiverState::Unmatched
        } else if self.has_ended(waiver) {
            WaiverState::Expired
        } else if own.is_empty() {
            WaiverState::Unneeded
        } else {
            WaiverState::InForce
        };
        let (check, requirement) = match &waiver.covers {
            Covers::Check(pattern) => (Some(pattern.clone()), None),
            Covers::Requirement(id) => (None, Some(id.clone())),
        };
        WaiverVerdict {
            check,
            requirement,
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            until: waiver.until,
            world: waiver.world.clone(),
            state,
            waived: own,
            red: red.map(|check| check.id.clone()).collect(),
        }
    }
}

fn covers(waiver: &Waiver, check: &CheckVerdict) -> bool {
    match &waiver.covers {
        Covers::Check(pattern) => matches(pattern, &check.id),
        Covers::Requirement(id) => check.requirements.contains(id),
    }
}

impl WaiverVerdict {
    /// Whether `day` is after its last day: a certificate of that day must not rest on it.
    #[must_use]
    pub fn has_ended_on(&self, day: Date) -> bool {
        self.until < day
    }
}
