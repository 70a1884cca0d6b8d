//! One planned check: every one gets a verdict, whether or not anybody looked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

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
    evidence::{
        event::{Ending, Sample},
        plan::{Cell, PlannedCase, PlannedCheck, PlannedScenario},
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
    /// Time it took or held, where time was demanded, and what was allowed or asked for.
    pub elapsed_ms: Option<u64>,
    pub limit_ms: Option<u64>,
    /// The demand in one line, and what the deciding samples showed.
    pub expected: String,
    pub observed: String,
    /// The deciding sample, path by path.
    pub comparisons: Vec<Comparison>,
    /// Outcomes of all samples that have one, with their number.
    pub outcomes: BTreeMap<String, u32>,
    /// Where the facts came from.
    pub sources: BTreeSet<String>,
    /// SHA-256 of the files under `evidence/`.
    pub evidence: Vec<String>,
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub cell: Option<Cell>,
    /// What the check is about, when it is a certificate case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<PlannedCase>,
    pub line: usize,
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
    let looks: Vec<Observation<'_>> = samples.iter().map(|sample| look(check, sample)).collect();
    let (account, finding) = if looks.is_empty() {
        let (account, verdict, reason) = unobserved(transcript, scenario, check);
        (account, Finding { verdict, reason, decisive: 0, open: false, elapsed: None, limit: None, marks: vec![] })
    } else {
        let finding = quantifier::fold(check.when, check.min_samples, &looks);
        (Account::Observed, on_record(settle(finding, transcript, scenario, check), check, &looks))
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
    let decisive = looks.get(finding.decisive);
    CheckVerdict {
        id: check.id.clone(),
        scenario: scenario.id.clone(),
        step: check.step.clone(),
        says: check.says.clone(),
        requirements: check.requirements.clone(),
        verdict,
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
        expected: sample::expected(&check.expect),
        observed: decisive.map(|look| sample::observed(&look.comparisons)).unwrap_or_default(),
        comparisons: decisive.map(|look| look.comparisons.clone()).unwrap_or_default(),
        outcomes,
        sources: samples.iter().map(|sample| sample.source.clone()).collect(),
        evidence: evidence(samples),
        cell: check.cell.clone(),
        case: check.case.clone(),
        line: check.line,
    }
}

fn look<'a>(check: &PlannedCheck, sample: &'a Sample) -> Observation<'a> {
    match check.when {
        Quantifier::Never { .. } => sample::forbidden(&check.expect, sample),
        Quantifier::Always { .. } | Quantifier::Eventually { .. } | Quantifier::Once => match &check.deviation {
            Some(known) => sample::tolerated(&check.expect, known, sample),
            None => sample::demanded(&check.expect, sample),
        },
    }
}

/// A check that passes only because its violation is on record does not pass: it is a finding.
fn on_record(mut finding: Finding, check: &PlannedCheck, looks: &[Observation<'_>]) -> Finding {
    let deviating = looks.iter().filter(|look| look.deviates).count();
    let first = looks.iter().position(|look| look.deviates);
    if let (Verdict::Pass, Some(known), Some(first)) = (finding.verdict, &check.deviation, first) {
        finding.verdict = Verdict::Finding;
        finding.decisive = first;
        finding.reason = format!(
            "{deviating} of {} samples deviate from {}, as recorded: {}; {}; compensated by {}",
            looks.len(),
            known.from,
            looks[first].reason,
            known.because,
            known.compensated_by.join(", ")
        );
    }
    finding
}

/// A verdict that more samples could have changed stands only if the step ran to its end.
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

/// The same bytes must always end the same way (TLS-13): refusals that vary decide nothing, though each is one that counts.
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

/// Nobody looked: the plan, the step or the scenario may say why.
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

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
