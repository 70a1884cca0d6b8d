//! The verdict of one planned scenario: its checks, and how it ended. Trials of sabotages are judged by the same
//! function.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Verdict,
    check::{CheckVerdict, judge_check},
    transcript::{StepFacts, Transcript},
    waiving::Waiving,
    worst,
};
use crate::evidence::{event::Ending, plan::PlannedScenario};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScenarioVerdict {
    pub id: String,
    pub title: String,
    pub says: String,
    pub file: String,
    pub verdict: Verdict,
    pub reason: String,
    /// Number of its planned checks.
    pub checks: usize,
    pub took_ms: Option<u64>,
    pub steps: Vec<StepFacts>,
}

pub(super) fn judge_scenario(
    transcript: &Transcript<'_>,
    scenario: &PlannedScenario,
) -> (ScenarioVerdict, Vec<CheckVerdict>) {
    let waiving = Waiving::of(transcript);
    let checks = scenario.checks.iter().map(|check| waiving.apply(judge_check(transcript, scenario, check)));
    let checks: Vec<_> = checks.collect();
    let ending = transcript.endings.get(scenario.id.as_str());
    let own = match (ending.map(|(ending, _)| *ending), &scenario.not_applicable) {
        (Some(Ending::NotApplicable { reason }), _) | (None, Some(reason)) => {
            Some((Verdict::NotApplicable, reason.clone()))
        }
        (Some(ending), _) => ending.problem().map(|reason| (Verdict::Broken, reason)),
        (None, None) => Some((Verdict::Broken, "missing: the scenario did not end".to_owned())),
    };
    let candidates = || {
        let of_checks = checks.iter().map(|check| (check.verdict, &check.reason));
        own.iter().map(|(verdict, reason)| (*verdict, reason)).chain(of_checks)
    };
    let verdict = worst(candidates().map(|(verdict, _)| verdict));
    let cause = candidates().find(|(candidate, _)| *candidate == verdict).map(|(_, reason)| reason.clone());
    let passed = checks.iter().filter(|check| check.verdict == Verdict::Pass).count();
    let reason = match verdict {
        Verdict::Pass => format!("{passed} of {} checks pass", checks.len()),
        _ => cause.unwrap_or_else(|| "it has no checks".to_owned()),
    };
    let judged = ScenarioVerdict {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        says: scenario.says.clone(),
        file: scenario.file.clone(),
        verdict,
        reason,
        checks: checks.len(),
        took_ms: ending.map(|(_, took_ms)| *took_ms),
        steps: transcript.steps.get(scenario.id.as_str()).cloned().unwrap_or_default(),
    };
    (judged, checks)
}
