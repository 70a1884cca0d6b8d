//! From the samples of one check, in the order of the log, to one finding.
//!
//! Time is read from the samples. A check that was cut off is [`Finding::open`]; the caller, which knows how the step
//! ended, decides what that means.

use std::time::Duration;

use super::{
    sample::Observation,
    scale::{Mark, Verdict},
};
use crate::expectation::{Quantifier, matching::spell_duration};

/// The verdict on all samples of a check.
#[derive(Debug)]
pub(super) struct Finding {
    pub verdict: Verdict,
    pub reason: String,
    /// Index of the deciding sample.
    pub decisive: usize,
    /// Whether more samples could have changed the verdict.
    pub open: bool,
    pub elapsed: Option<Duration>,
    pub limit: Option<Duration>,
    pub marks: Vec<Mark>,
}

/// Judges the samples of a check; there must be at least one.
pub(super) fn fold(when: Quantifier, min_samples: u32, observations: &[Observation<'_>]) -> Finding {
    match when {
        Quantifier::Once => once(min_samples, observations),
        Quantifier::Eventually { within, stable } => eventually(within, stable.max(1), min_samples, observations),
        Quantifier::Always { hold, samples } | Quantifier::Never { hold, samples } => {
            throughout(hold, samples.max(min_samples), observations)
        }
    }
}

/// The quantifier in words.
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

fn once(min_samples: u32, observations: &[Observation<'_>]) -> Finding {
    let mut finding = worst_observation(observations);
    let agreeing = observations.iter().filter(|observation| observation.verdict == finding.verdict).count();
    if observations.len() > 1 {
        finding.reason = match finding.verdict {
            Verdict::Pass => format!("{agreeing} of {agreeing} samples as expected"),
            _ => format!("{agreeing} of {} samples: {}", observations.len(), finding.reason),
        };
    }
    if agreeing < observations.len() && observations.iter().any(|observation| observation.verdict == Verdict::Pass) {
        finding.marks.push(Mark::Flaky);
    }
    require(min_samples, observations, finding)
}

/// A sample that could not be taken counts as "not yet": later samples can still meet the demand.
fn eventually(within: Duration, stable: u32, min_samples: u32, observations: &[Observation<'_>]) -> Finding {
    let streak = observations.iter().rev().take_while(|observation| observation.verdict == Verdict::Pass).count();
    let needed = usize::try_from(stable).unwrap_or(usize::MAX);
    let last = observations.len() - 1;
    let reached = (streak >= needed).then(|| observations.len() - streak + needed - 1);
    let elapsed = span(observations, reached.unwrap_or(last));
    let finding = |verdict, reason, decisive, open| Finding {
        verdict,
        reason,
        decisive,
        open,
        elapsed: Some(elapsed),
        limit: Some(within),
        marks: vec![],
    };
    if let Some(reason) = clock_problem(observations) {
        return finding(Verdict::Unknown, reason, last, false);
    }
    let (took, limit) = (spell_duration(elapsed), spell_duration(within));
    match reached {
        Some(index) if elapsed <= within => {
            let reason = format!("held {stable} times in a row after {took} of {limit}");
            require(min_samples, observations, finding(Verdict::Pass, reason, index, false))
        }
        Some(index) => finding(Verdict::Fail, format!("held only after {took}, the limit is {limit}"), index, false),
        None => {
            // The last sample that did not match explains most; without one the streak was too short.
            let decisive =
                observations.iter().rposition(|observation| observation.verdict != Verdict::Pass).unwrap_or(last);
            let observation = &observations[decisive];
            let (verdict, reason) = match observation.verdict {
                Verdict::Pass => (Verdict::Vacuous, format!("held {streak} times in a row, {stable} are needed")),
                Verdict::Broken => (Verdict::Broken, observation.reason.clone()),
                verdict => (verdict, format!("not reached within {limit}; last seen: {}", observation.reason)),
            };
            let finding = finding(verdict, reason, decisive, elapsed < nine_tenths(within));
            if finding.open { require(min_samples, observations, finding) } else { finding }
        }
    }
}

/// `always` and `never` differ only in the verdict of a single sample.
fn throughout(hold: Duration, samples: u32, observations: &[Observation<'_>]) -> Finding {
    let last = observations.len() - 1;
    let mut finding = worst_observation(observations);
    let elapsed = span(observations, last);
    finding.elapsed = Some(elapsed);
    finding.limit = Some(hold);
    if finding.verdict != Verdict::Pass {
        let after = spell_duration(span(observations, finding.decisive));
        finding.reason = format!("after {after} of {}: {}", spell_duration(hold), finding.reason);
        finding.open = finding.verdict != Verdict::Fail;
        return finding;
    }
    if let Some(reason) = clock_problem(observations) {
        return Finding { verdict: Verdict::Unknown, reason, ..finding };
    }
    // The last sample stands for the interval that follows it, hence a tenth of tolerance.
    if elapsed < nine_tenths(hold) {
        finding.verdict = Verdict::Vacuous;
        finding.reason = format!("observed for {} of {}", spell_duration(elapsed), spell_duration(hold));
        finding.open = true;
        return finding;
    }
    finding.reason = format!("held at all {} samples over {}", observations.len(), spell_duration(elapsed));
    require(samples, observations, finding)
}

/// The worst observation: the first of equals for a violation, the last for a pass.
fn worst_observation(observations: &[Observation<'_>]) -> Finding {
    let worst = super::worst(observations.iter().map(|observation| observation.verdict));
    let is_worst = |observation: &Observation<'_>| observation.verdict == worst;
    let decisive = match worst {
        Verdict::Pass => observations.iter().rposition(is_worst),
        _ => observations.iter().position(is_worst),
    }
    .unwrap_or_default();
    Finding {
        verdict: worst,
        reason: observations[decisive].reason.clone(),
        decisive,
        open: false,
        elapsed: None,
        limit: None,
        marks: vec![],
    }
}

/// Too few samples make a pass vacuous; a violation stays a violation.
fn require(min_samples: u32, observations: &[Observation<'_>], mut finding: Finding) -> Finding {
    if observations.len() < usize::try_from(min_samples).unwrap_or(usize::MAX) && finding.verdict != Verdict::Fail {
        finding.open = true;
        if finding.verdict == Verdict::Pass {
            finding.verdict = Verdict::Vacuous;
            finding.reason = format!("{} of at least {min_samples} samples", observations.len());
        }
    }
    finding
}

fn clock_problem(observations: &[Observation<'_>]) -> Option<String> {
    let sorted = observations.is_sorted_by_key(|observation| observation.sample.at);
    (!sorted).then(|| "the clock went backwards between samples, so durations mean nothing".to_owned())
}

fn span(observations: &[Observation<'_>], until: usize) -> Duration {
    // A negative span only occurs when the clock went backwards, which is judged separately.
    observations[until].sample.at.duration_since(observations[0].sample.at).try_into().unwrap_or_default()
}

fn nine_tenths(duration: Duration) -> Duration {
    duration.mul_f64(0.9)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::Value;

    use super::*;
    use crate::evidence::event::Sample;

    const FIVE: Duration = Duration::from_secs(5);

    /// One letter per second: `y` holds, `n` does not, `b` could not be observed, `<` turns the clock back.
    fn check(when: Quantifier, min_samples: u32, letters: &str, verdict: Verdict, open: bool) {
        let mut at = Timestamp::UNIX_EPOCH;
        let mut samples = Vec::new();
        for letter in letters.chars() {
            at += SignedDuration::from_secs(if letter == '<' { -9 } else { 1 });
            let sample = Sample { at, facts: Value::Null, source: String::new(), evidence: vec![], problem: None };
            let verdict = match letter {
                'n' => Verdict::Fail,
                'b' => Verdict::Broken,
                _ => Verdict::Pass,
            };
            samples.push((sample, verdict));
        }
        let observation = |(sample, verdict)| Observation {
            sample,
            verdict,
            reason: String::new(),
            comparisons: vec![],
            deviates: false,
        };
        let observations: Vec<_> = samples.iter().map(|(sample, verdict)| observation((sample, *verdict))).collect();
        let finding = fold(when, min_samples, &observations);
        assert_eq!((finding.verdict, finding.open), (verdict, open), "{when:?} {letters}: {}", finding.reason);
    }

    #[test]
    fn once_takes_the_worst_and_enough_of_them() {
        check(Quantifier::Once, 3, "yyy", Verdict::Pass, false);
        check(Quantifier::Once, 3, "yy", Verdict::Vacuous, true);
        check(Quantifier::Once, 3, "yn", Verdict::Fail, false);
        check(Quantifier::Once, 3, "yby", Verdict::Broken, false);
        check(Quantifier::Once, 1, "bn", Verdict::Fail, false);
    }

    #[test]
    fn eventually_needs_a_streak_at_the_end_and_in_time() {
        let when = Quantifier::Eventually { within: FIVE, stable: 3 };
        check(when, 3, "nnyyy", Verdict::Pass, false);
        check(when, 3, "nbyyy", Verdict::Pass, false);
        check(when, 3, "yyynnn", Verdict::Fail, false);
        check(when, 3, "nnnnyyy", Verdict::Fail, false);
        check(when, 3, "nnnnnn", Verdict::Fail, false);
        check(when, 3, "nnn", Verdict::Fail, true);
        check(when, 3, "nyy", Verdict::Fail, true);
        check(when, 3, "yy", Verdict::Vacuous, true);
        check(when, 3, "nnnb", Verdict::Broken, true);
        check(when, 3, "y<yy", Verdict::Unknown, false);
        check(when, 9, "nnyyy", Verdict::Vacuous, true);
    }

    #[test]
    fn throughout_needs_every_sample_and_all_of_the_time() {
        let always = Quantifier::Always { hold: FIVE, samples: 4 };
        let never = Quantifier::Never { hold: FIVE, samples: 4 };
        for when in [always, never] {
            check(when, 1, "yyyyyy", Verdict::Pass, false);
            check(when, 1, "yyyyy", Verdict::Vacuous, true);
            check(when, 7, "yyyyyy", Verdict::Vacuous, true);
            check(when, 1, "yn", Verdict::Fail, false);
            check(when, 1, "yyybyy", Verdict::Broken, true);
            check(when, 1, "yyyy<yyyyyyyyyyyyyyyyyyyyyyyyy", Verdict::Unknown, false);
        }
    }
}
