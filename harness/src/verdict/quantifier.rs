//! From the samples of one check, in the order of the log, to what they say together.
//!
//! Time is what the samples carry. A check that was cut off is [`Finding::open`]; what that means is decided by the
//! caller, who knows how the step ended.

use std::time::Duration;

use super::{Mark, Verdict, sample::Look};
use crate::scenario::{expectation::Quantifier, matching::spell_duration};

/// What the samples say together.
#[derive(Debug)]
pub(super) struct Finding {
    pub verdict: Verdict,
    pub reason: String,
    /// Index of the sample that decided.
    pub decisive: usize,
    /// More samples could still have changed the verdict.
    pub open: bool,
    pub elapsed: Option<Duration>,
    pub limit: Option<Duration>,
    pub marks: Vec<Mark>,
}

/// Judges samples, of which there is at least one.
pub(super) fn fold(when: Quantifier, min_samples: u32, looks: &[Look<'_>]) -> Finding {
    match when {
        Quantifier::Once => once(min_samples, looks),
        Quantifier::Eventually { within, stable } => eventually(within, stable.max(1), min_samples, looks),
        Quantifier::Always { hold, samples } | Quantifier::Never { hold, samples } => {
            throughout(hold, samples.max(min_samples), looks)
        }
    }
}

/// The quantifier as a reader would say it.
pub(super) fn spell(when: Quantifier) -> String {
    match when {
        Quantifier::Always { hold, .. } => format!("always for {}", spell_duration(hold)),
        Quantifier::Eventually { within, stable } => {
            format!("eventually within {}, {stable} in a row", spell_duration(within))
        }
        Quantifier::Never { hold, .. } => format!("never for {}", spell_duration(hold)),
        Quantifier::Once => "once".to_owned(),
    }
}

fn once(min_samples: u32, looks: &[Look<'_>]) -> Finding {
    let mut finding = worst_look(looks);
    let agreeing = looks.iter().filter(|look| look.verdict == finding.verdict).count();
    if looks.len() > 1 {
        finding.reason = match finding.verdict {
            Verdict::Pass => format!("{agreeing} of {agreeing} samples as expected"),
            _ => format!("{agreeing} of {} samples: {}", looks.len(), finding.reason),
        };
    }
    if agreeing < looks.len() && looks.iter().any(|look| look.verdict == Verdict::Pass) {
        finding.marks.push(Mark::Flaky);
    }
    require(min_samples, looks, finding)
}

/// A sample that could not be taken counts as "not yet": what comes later can still prove the demand.
fn eventually(within: Duration, stable: u32, min_samples: u32, looks: &[Look<'_>]) -> Finding {
    let streak = looks.iter().rev().take_while(|look| look.verdict == Verdict::Pass).count();
    let wanted = usize::try_from(stable).unwrap_or(usize::MAX);
    let last = looks.len() - 1;
    let reached = (streak >= wanted).then(|| looks.len() - streak + wanted - 1);
    let elapsed = span(looks, reached.unwrap_or(last));
    let finding = |verdict, reason, decisive, open| Finding {
        verdict,
        reason,
        decisive,
        open,
        elapsed: Some(elapsed),
        limit: Some(within),
        marks: vec![],
    };
    if let Some(reason) = clock_trouble(looks) {
        return finding(Verdict::Unknown, reason, last, false);
    }
    let (took, limit) = (spell_duration(elapsed), spell_duration(within));
    match reached {
        Some(index) if elapsed <= within => {
            let reason = format!("held {stable} times in a row after {took} of {limit}");
            require(min_samples, looks, finding(Verdict::Pass, reason, index, false))
        }
        Some(index) => finding(Verdict::Fail, format!("held only after {took}, the limit is {limit}"), index, false),
        None => {
            // The newest sample that did not match tells most; without one the streak was merely too short.
            let decisive = looks.iter().rposition(|look| look.verdict != Verdict::Pass).unwrap_or(last);
            let look = &looks[decisive];
            let (verdict, reason) = match look.verdict {
                Verdict::Pass => (Verdict::Vacuous, format!("held {streak} times in a row, {stable} are needed")),
                Verdict::Broken => (Verdict::Broken, look.reason.clone()),
                verdict => (verdict, format!("not reached within {limit}; last seen: {}", look.reason)),
            };
            let finding = finding(verdict, reason, decisive, elapsed < nine_tenths(within));
            if finding.open { require(min_samples, looks, finding) } else { finding }
        }
    }
}

/// `always` and `never` differ only in what a single look means.
fn throughout(hold: Duration, samples: u32, looks: &[Look<'_>]) -> Finding {
    let last = looks.len() - 1;
    let mut finding = worst_look(looks);
    let elapsed = span(looks, last);
    finding.elapsed = Some(elapsed);
    finding.limit = Some(hold);
    if finding.verdict != Verdict::Pass {
        let after = spell_duration(span(looks, finding.decisive));
        finding.reason = format!("after {after} of {}: {}", spell_duration(hold), finding.reason);
        finding.open = finding.verdict != Verdict::Fail;
        return finding;
    }
    if let Some(reason) = clock_trouble(looks) {
        return Finding { verdict: Verdict::Unknown, reason, ..finding };
    }
    // The last sample stands for the interval that follows it, hence a tenth of tolerance.
    if elapsed < nine_tenths(hold) {
        finding.verdict = Verdict::Vacuous;
        finding.reason = format!("observed for {} of {}", spell_duration(elapsed), spell_duration(hold));
        finding.open = true;
        return finding;
    }
    finding.reason = format!("held at all {} samples over {}", looks.len(), spell_duration(elapsed));
    require(samples, looks, finding)
}

/// The worst look; of equals the first for a violation, the last for what is fine.
fn worst_look(looks: &[Look<'_>]) -> Finding {
    let worst = super::worst(looks.iter().map(|look| look.verdict));
    let is_worst = |look: &Look<'_>| look.verdict == worst;
    let decisive = match worst {
        Verdict::Pass => looks.iter().rposition(is_worst),
        _ => looks.iter().position(is_worst),
    }
    .unwrap_or_default();
    Finding {
        verdict: worst,
        reason: looks[decisive].reason.clone(),
        decisive,
        open: false,
        elapsed: None,
        limit: None,
        marks: vec![],
    }
}

/// Too few samples prove nothing, but a violation stays one.
fn require(min_samples: u32, looks: &[Look<'_>], mut finding: Finding) -> Finding {
    if looks.len() < usize::try_from(min_samples).unwrap_or(usize::MAX) && finding.verdict != Verdict::Fail {
        finding.open = true;
        if finding.verdict == Verdict::Pass {
            finding.verdict = Verdict::Vacuous;
            finding.reason = format!("{} of at least {min_samples} samples", looks.len());
        }
    }
    finding
}

fn clock_trouble(looks: &[Look<'_>]) -> Option<String> {
    let sorted = looks.is_sorted_by_key(|look| look.sample.at);
    (!sorted).then(|| "the clock went backwards between samples, so durations mean nothing".to_owned())
}

fn span(looks: &[Look<'_>], until: usize) -> Duration {
    // A negative span only occurs when the clock went backwards, which is judged separately.
    looks[until].sample.at.duration_since(looks[0].sample.at).try_into().unwrap_or_default()
}

fn nine_tenths(duration: Duration) -> Duration {
    duration - duration / 10
}
