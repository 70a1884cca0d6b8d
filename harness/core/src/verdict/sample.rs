//! One sample against the demand of its check.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    Verdict,
    control::unpaired,
    cross_check,
    exchange::{demands_outcome, outcome, outcome_rule, parse_outcome},
    ledger,
};
use crate::{
    evidence::{event::Sample, plan::Deviation},
    expectation::{
        Expectation, Expectations, Matcher,
        matching::lookup,
        outcome::{EXCHANGES, Outcome},
    },
    text::plain,
};

/// A sample and its verdict.
#[derive(Clone, Debug)]
pub(super) struct Observation<'a> {
    pub sample: &'a Sample,
    pub verdict: Verdict,
    pub reason: String,
    pub comparisons: Vec<Comparison>,
    /// Whether the sample shows the violation that is on record.
    pub deviates: bool,
}

/// One path of the facts: expected and observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    pub path: String,
    pub expected: String,
    pub observed: String,
    pub met: bool,
    /// Why the facts do not decide it, when they do not. Such a comparison is not met and no violation.
    #[serde(skip)]
    pub(crate) undecided: Option<String>,
}

/// Judges a sample that must meet every expectation.
pub(super) fn demanded<'a>(expect: &Expectations, sample: &'a Sample) -> Observation<'a> {
    let comparisons = compare(expect, sample);
    let by_outcome = || EXCHANGES.into_iter().filter_map(|exchange| outcome_rule(expect, sample, exchange));
    let (verdict, reason) = useless(expect, sample)
        .or_else(|| disagreement(sample, &comparisons))
        // An unwanted acceptance is reported first, before its consequences.
        .or_else(|| by_outcome().find(|(verdict, _)| matches!(verdict, Verdict::Fail | Verdict::Broken)))
        .or_else(|| unpaired(sample))
        .or_else(|| forbidden_presence(expect, &comparisons))
        .or_else(|| by_outcome().next())
        .or_else(|| violation(&comparisons))
        .or_else(|| nothing_compared(&comparisons))
        .or_else(|| ledger::is_short(sample))
        .unwrap_or((Verdict::Pass, "as expected".to_owned()));
    Observation { sample, verdict, reason, comparisons, deviates: false }
}

/// Judges a sample that must meet every expectation or violate them in the way that is on record. Only a failure can be
/// a known deviation.
pub(super) fn tolerated<'a>(expect: &Expectations, known: &Deviation, sample: &'a Sample) -> Observation<'a> {
    let observation = demanded(expect, sample);
    if observation.verdict == Verdict::Fail && demanded(&known.shows, sample).verdict == Verdict::Pass {
        return Observation { verdict: Verdict::Pass, deviates: true, ..observation };
    }
    observation
}

/// Judges a sample that must not meet all expectations at once.
pub(super) fn forbidden<'a>(expect: &Expectations, sample: &'a Sample) -> Observation<'a> {
    let comparisons = compare(expect, sample);
    let (verdict, reason) = useless(expect, sample).or_else(|| disagreement(sample, &[])).unwrap_or_else(|| {
        if comparisons.iter().all(|comparison| comparison.met) {
            return (Verdict::Fail, format!("what must never hold held: {}", observed(&comparisons)));
        }
        let is_missed = comparisons.iter().any(|comparison| !comparison.met && comparison.undecided.is_none());
        // Where nothing is decidedly missed, nothing shows that it did not hold.
        let unclear = nothing_compared(&comparisons).filter(|_| !is_missed);
        unclear.or_else(|| ledger::is_short(sample)).unwrap_or_else(|| (Verdict::Pass, "did not hold".to_owned()))
    });
    Observation { sample, verdict, reason, comparisons, deviates: false }
}

/// The observed values at all demanded paths, in one line.
pub(super) fn observed(comparisons: &[Comparison]) -> String {
    let parts: Vec<_> =
        comparisons.iter().map(|comparison| format!("{}: {}", comparison.path, comparison.observed)).collect();
    parts.join("; ")
}

/// The reason why the facts decide nothing about the demand.
fn useless(expect: &Expectations, sample: &Sample) -> Option<(Verdict, String)> {
    if let Some(problem) = &sample.problem {
        return Some((Verdict::Broken, format!("observation failed: {problem}")));
    }
    if let Some(reason) = ledger::decides_nothing(sample) {
        return Some(reason);
    }
    match outcome(sample).map(parse_outcome) {
        Some(Some(Outcome::HarnessError)) => {
            return Some((Verdict::Broken, "the probe itself failed: outcome harness-error".to_owned()));
        }
        Some(None) if demands_outcome(expect) => {
            let word = outcome(sample).map(plain).unwrap_or_default();
            return Some((
                Verdict::Broken,
                format!("the probe reported `{word}`, which is no outcome of the closed set"),
            ));
        }
        None if demands_outcome(expect) => {
            return Some((Verdict::Broken, "the probe reported no outcome".to_owned()));
        }
        _ => {}
    }
    expect.0.is_empty().then(|| (Verdict::Vacuous, "nothing was demanded".to_owned()))
}

/// Two views of one session that contradict each other are `unknown`, unless the server's own view violates the demand
/// already: a forged header that the server believed and its sidecar did not is a failure.
fn disagreement(sample: &Sample, comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let difference = cross_check::disagreement(&sample.facts)?;
    let own: Vec<Comparison> =
        comparisons.iter().filter(|one| !one.met && one.path == "server.saw.spiffe").cloned().collect();
    Some(violation(&own).unwrap_or_else(|| (Verdict::Unknown, format!("two sources disagree: {difference}"))))
}

/// A value that must be absent and is present is a failure, also beside an outcome that decides nothing: a 403 to
/// plaintext is an unlisted denial, and proves that a STRICT server spoke HTTP.
fn forbidden_presence(expect: &Expectations, comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let is_absent = |path: &str| expect.0.iter().any(|one| one.matcher == Matcher::Absent && one.path == path);
    let present: Vec<Comparison> =
        comparisons.iter().filter(|comparison| !comparison.met && is_absent(&comparison.path)).cloned().collect();
    violation(&present)
}

/// Demands on elements of which none was there to compare.
fn nothing_compared(comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let undecided: Vec<String> = comparisons
        .iter()
        .filter_map(|Comparison { path, expected, undecided, .. }| {
            Some(format!("{path} decides nothing: {}; expected {expected}", undecided.as_ref()?))
        })
        .collect();
    (!undecided.is_empty()).then(|| (Verdict::Vacuous, undecided.join("; ")))
}

fn violation(comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let violated: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.met && comparison.undecided.is_none())
        .map(|Comparison { path, observed, expected, .. }| {
            format!("{path} is {}, expected {expected}", shortened(observed))
        })
        .collect();
    (!violated.is_empty()).then(|| (Verdict::Fail, violated.join("; ")))
}

/// The value in one line of at most 200 characters, for a reason. The comparison keeps the whole value.
fn shortened(observed: &str) -> String {
    const MAX_LENGTH: usize = 200;
    let line = observed.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length <= MAX_LENGTH {
        return line;
    }
    let (start, end) = (MAX_LENGTH / 4, MAX_LENGTH - MAX_LENGTH / 4);
    let head: String = line.chars().take(start).collect();
    let tail: String = line.chars().skip(length - end).collect();
    format!("{head} … {tail}")
}

/// Empty when the observation failed: its facts say nothing, not even that something is absent.
fn compare(expect: &Expectations, sample: &Sample) -> Vec<Comparison> {
    if sample.problem.is_some() {
        return Vec::new();
    }
    expect.0.iter().flat_map(|expectation| compare_one(expectation, &sample.facts)).collect()
}

fn compare_one(expectation: &Expectation, facts: &Value) -> Vec<Comparison> {
    let mismatches = Expectations(vec![expectation.clone()]).mismatches(facts);
    if mismatches.is_empty() {
        let values: Vec<_> = lookup(facts, &expectation.path)
            .iter()
            .map(|found| found.value.as_deref().map_or_else(absent, plain))
            .collect();
        return vec![Comparison {
            path: expectation.path.clone(),
            expected: expectation.matcher.to_string(),
            observed: values.join(", "),
            met: true,
            undecided: None,
        }];
    }
    mismatches
        .into_iter()
        .map(|mismatch| Comparison {
            path: mismatch.path,
            expected: mismatch.expected,
            observed: mismatch.observed.as_ref().map_or_else(absent, plain),
            met: false,
            undecided: mismatch.undecided,
        })
        .collect()
}

fn absent() -> String {
    "absent".to_owned()
}

#[cfg(test)]
mod tests;
