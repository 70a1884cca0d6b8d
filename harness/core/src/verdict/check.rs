//! The verdict of one planned check. Every planned check gets one, observed or not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Verdict, exchange,
    quantifier::{self, Finding},
    sample::{self, Comparison, Observation},
    scale::Mark,
    transcript::Transcript,
};
use crate::{
    duration::milliseconds,
    evidence::{
        event::{Ending, Sample},
        plan::{Cell, Deviation, PlannedCase, PlannedCheck, PlannedScenario},
    },
    expectation::Quantifier,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckVerdict {
    pub id: String,
    pub scenario: String,
    pub step: String,
    pub says: String,
    /// Empty for a guard.
    pub requirements: Vec<String>,
    pub verdict: Verdict,
    /// The verdict without the waivers of the run; absent when none changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unwaived: Option<Verdict>,
    pub reason: String,
    pub account: Account,
    pub marks: Vec<Mark>,
    /// When the expectations had to hold, in words.
    pub when: String,
    pub samples: usize,
    pub min_samples: u32,
    #[schemars(with = "Option<String>")]
    pub first: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
    /// Milliseconds until the demand was met, or for which it held; absent without a time limit.
    pub elapsed_ms: Option<u64>,
    pub limit_ms: Option<u64>,
    /// The demand in one line, and what the deciding sample showed.
    pub expected: String,
    pub observed: String,
    /// The deciding sample, path by path.
    pub comparisons: Vec<Comparison>,
    /// Number of samples per outcome; samples without an outcome are not counted.
    pub outcomes: BTreeMap<String, u32>,
    /// Where the facts came from.
    pub sources: BTreeSet<String>,
    /// SHA-256 of the files under `evidence/`.
    pub evidence: Vec<String>,
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub cell: Option<Cell>,
    /// The certificate case, for a check that is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<PlannedCase>,
    /// For a finding, the violation that the scenario has on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    pub line: usize,
}

/// A violation on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recorded {
    /// The requirement that is violated.
    pub from: String,
    pub because: String,
    /// Requirements that limit the harm.
    pub compensated_by: Vec<String>,
}

impl Recorded {
    fn of(deviation: &Deviation) -> Self {
        Self {
            from: deviation.from.clone(),
            because: deviation.because.clone(),
            compensated_by: deviation.compensated_by.clone(),
        }
    }
}

/// How the run accounts for a planned check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// Not observed, and the record says why.
    Explained,
    /// Not observed, and nothing in the record says why.
    Missing,
    Observed,
}

pub(super) fn judge_check(
    transcript: &Transcript<'_>,
    scenario: &PlannedScenario,
    check: &PlannedCheck,
) -> CheckVerdict {
    let samples = transcript.samples.get(check.id.as_str()).map_or(&[][..], Vec::as_slice);
    let observations: Vec<Observation<'_>> = samples.iter().map(|sample| observe(check, sample)).collect();
    let (account, finding) = if observations.is_empty() {
        let (account, verdict, reason) = unobserved(transcript, scenario, check);
        (account, Finding { verdict, reason, decisive: 0, open: false, elapsed: None, limit: None, marks: vec![] })
    } else {
        let finding = quantifier::fold(check.when, check.min_samples, &observations);
        (Account::Observed, on_record(settle(finding, transcript, scenario, check), check, &observations))
    };
    let spoiled = || {
        samples.iter().flat_map(|sample| &sample.evidence).find_map(|digest| transcript.spoiled.get(digest.as_str()))
    };
    let (verdict, reason) = match transcript.damage.as_ref().or_else(spoiled) {
        Some(damage) if finding.verdict != Verdict::Fail => (Verdict::Broken, damage.clone()),
        _ => (finding.verdict, finding.reason),
    };
    let outcomes = count_outcomes(samples);
    let (verdict, reason) = agreeing(check, verdict, reason, &outcomes);
    let decisive = observations.get(finding.decisive);
    CheckVerdict {
        id: check.id.clone(),
        scenario: scenario.id.clone(),
        step: check.step.clone(),
        says: check.says.clone(),
        requirements: check.requirements.clone(),
        verdict,
        unwaived: None,
        reason,
        account,
        marks: finding.marks,
        when: quantifier::spell(check.when),
        samples: samples.len(),
        min_samples: check.min_samples,
        first: samples.first().map(|sample| sample.at),
        last: samples.last().map(|sample| sample.at),
        elapsed_ms: finding.elapsed.map(milliseconds),
        limit_ms: finding.limit.map(milliseconds),
        expected: check.expect.to_string(),
        observed: decisive.map(|observation| sample::observed(&observation.comparisons)).unwrap_or_default(),
        comparisons: decisive.map(|observation| observation.comparisons.clone()).unwrap_or_default(),
        outcomes,
        sources: samples.iter().map(|sample| sample.source.clone()).collect(),
        evidence: evidence(samples),
        cell: check.cell.clone(),
        case: check.case.clone(),
        recorded: check.deviation.as_ref().filter(|_| verdict == Verdict::Finding).map(Recorded::of),
        line: check.line,
    }
}

fn observe<'a>(check: &PlannedCheck, sample: &'a Sample) -> Observation<'a> {
    match check.when {
        Quantifier::Never { .. } => sample::forbidden(&check.expect, sample),
        Quantifier::Always { .. } | Quantifier::Eventually { .. } | Quantifier::Once => match &check.deviation {
            Some(known) => sample::tolerated(&check.expect, known, sample),
            None => sample::demanded(&check.expect, sample),
        },
    }
}

/// Turns a pass that rests on a recorded deviation into a finding.
fn on_record(mut finding: Finding, check: &PlannedCheck, observations: &[Observation<'_>]) -> Finding {
    let deviating = observations.iter().filter(|observation| observation.deviates).count();
    let first = observations.iter().position(|observation| observation.deviates);
    if let (Verdict::Pass, Some(known), Some(first)) = (finding.verdict, &check.deviation, first) {
        finding.verdict = Verdict::Finding;
        finding.decisive = first;
        finding.reason = format!(
            "{deviating} of {} samples deviate from {}, as recorded: {}; {}; compensated by {}",
            observations.len(),
            known.from,
            observations[first].reason,
            known.because,
            known.compensated_by.join(", ")
        );
    }
    finding
}

/// Breaks a verdict that more samples could have changed, unless the step ran to its end.
fn settle(
    mut finding: Finding,
    transcript: &Transcript<'_>,
    scenario: &PlannedScenario,
    check: &PlannedCheck,
) -> Finding {
    let step = transcript.step_ending(&scenario.id, &check.step);
    let whole = transcript.endings.get(scenario.id.as_str()).map(|(ending, _)| *ending);
    if finding.verdict == Verdict::Fail && !finding.open {
        return finding;
    }
    let cut = match (step, whole) {
        (None, None) => Some("the record ends before the step does".to_owned()),
        _ if !finding.open => None,
        (Some(Ending::Done), _) | (None, Some(Ending::Done)) => None,
        (step, whole) => {
            let reason = step.and_then(Ending::problem).or_else(|| whole.and_then(Ending::problem));
            Some(reason.unwrap_or_else(|| "the step did not end".to_owned()))
        }
    };
    if let Some(reason) = cut {
        finding.reason = format!("cut off ({}): {reason}", finding.reason);
        finding.verdict = Verdict::Broken;
    }
    finding
}

/// The same certificate must always end in the same outcome (TLS-13): refusals that vary are `unknown`, even if each is
/// accepted.
fn agreeing(
    check: &PlannedCheck,
    verdict: Verdict,
    reason: String,
    outcomes: &BTreeMap<String, u32>,
) -> (Verdict, String) {
    if check.case.is_none() || !matches!(verdict, Verdict::Pass | Verdict::Finding) || outcomes.len() < 2 {
        return (verdict, reason);
    }
    let ways: Vec<String> = outcomes.iter().map(|(word, count)| format!("{word} ×{count}")).collect();
    (Verdict::Unknown, format!("the same certificate ended in {} ways: {}", ways.len(), ways.join(", ")))
}

/// The verdict of a check without samples; the plan, the step or the scenario may give the reason.
fn unobserved(
    transcript: &Transcript<'_>,
    scenario: &PlannedScenario,
    check: &PlannedCheck,
) -> (Account, Verdict, String) {
    if let Some(reason) = scenario.not_applicable.as_ref().or(check.not_applicable.as_ref()) {
        return (Account::Explained, Verdict::NotApplicable, reason.clone());
    }
    let step = transcript.step_ending(&scenario.id, &check.step);
    let whole = transcript.endings.get(scenario.id.as_str()).map(|(ending, _)| *ending);
    let missing = |what: &str| (Account::Missing, Verdict::Broken, format!("missing: {what}"));
    match step.filter(|ending| **ending != Ending::Done).or(whole) {
        Some(Ending::Broken { reason }) => (Account::Explained, Verdict::Broken, reason.clone()),
        Some(Ending::Done) => {
            let reason = "the scenario ended and observed nothing for it".to_owned();
            (Account::Explained, Verdict::Vacuous, reason)
        }
        Some(Ending::Interrupted) => missing("interrupted before it was observed"),
        Some(Ending::NotApplicable { reason }) => (Account::Explained, Verdict::NotApplicable, reason.clone()),
        Some(Ending::OverBudget { reason }) => (Account::Explained, Verdict::Broken, format!("over budget: {reason}")),
        None if transcript.started.contains(scenario.id.as_str()) => missing("the run ended inside its scenario"),
        None => missing("the run ended before its scenario started"),
    }
}

fn count_outcomes(samples: &[&Sample]) -> BTreeMap<String, u32> {
    let mut outcomes = BTreeMap::new();
    for word in samples.iter().filter_map(|sample| exchange::outcome(sample)?.as_str()) {
        *outcomes.entry(word.to_owned()).or_insert(0) += 1;
    }
    outcomes
}

fn evidence(samples: &[&Sample]) -> Vec<String> {
    let mut digests: Vec<String> = Vec::new();
    for digest in samples.iter().flat_map(|sample| &sample.evidence) {
        if !digests.contains(digest) {
            digests.push(digest.clone());
        }
    }
    digests
}
