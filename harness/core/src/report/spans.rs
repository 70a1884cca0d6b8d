//! When each phase, scenario, sabotage and unscripted change ran: the data of the run's timeline.
//!
//! Input: the entries of the log and the judgement. Output: one [`Span`] each, in the order of the log. A scenario that
//! the record never saw starting has no span; one that has no end in the record is open.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    evidence::event::{Ending, Entry, Event},
    scenario::trial::scenario_under,
    verdict::{Judgement, Verdict},
};

/// A part of a run, and when it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Span {
    pub id: String,
    pub kind: SpanKind,
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Absent for a part whose end is not recorded.
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// For a sabotage or a change, the verdict whose symbol its proof is shown with.
    pub verdict: Verdict,
}

/// The kind of a part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// A step of the way to a world, before the scenarios.
    Phase,
    Scenario,
    /// The trial of a sabotage.
    Sabotage,
    /// An unscripted change with all scenarios that ran under it.
    Unscripted,
}

/// The spans of a run.
pub(super) fn spans(entries: &[Entry], judgement: &Judgement) -> Vec<Span> {
    let known = known(judgement);
    let mut spans: Vec<Span> = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::PhaseEnded { phase, result, took_ms } => {
                let took = SignedDuration::from_millis(i64::try_from(*took_ms).unwrap_or_default());
                let verdict = if *result == Ending::Done { Verdict::Pass } else { Verdict::Broken };
                spans.push(Span {
                    id: phase.clone(),
                    kind: SpanKind::Phase,
                    from: entry.at - took,
                    until: Some(entry.at),
                    verdict,
                });
            }
            // A scenario that runs again under a change is part of the change's span.
            Event::ScenarioStarted { scenario } if scenario_under(scenario).is_none() => {
                if let Some((kind, verdict)) = known.get(scenario.as_str()) {
                    let (kind, verdict) = (*kind, *verdict);
                    spans.push(Span { id: scenario.clone(), kind, from: entry.at, until: None, verdict });
                }
            }
            Event::ScenarioEnded { scenario, .. } => {
                if let Some(open) = spans.iter_mut().rfind(|span| span.id == *scenario && span.until.is_none()) {
                    open.until = Some(entry.at);
                }
            }
            Event::ChangeAnnounced { .. }
            | Event::ChangesUndone { .. }
            | Event::Environment { .. }
            | Event::EvidenceWithheld { .. }
            | Event::Leftover { .. }
            | Event::Marked { .. }
            | Event::Observed { .. }
            | Event::Planned { .. }
            | Event::RunEnded { .. }
            | Event::RunStarted { .. }
            | Event::Sabotaged { .. }
            | Event::ScenarioStarted { .. }
            | Event::StepEnded { .. }
            | Event::WaiversRead { .. } => {}
        }
    }
    spans
}

fn known(judgement: &Judgement) -> BTreeMap<&str, (SpanKind, Verdict)> {
    let scenarios = judgement.scenarios.iter().map(|one| (one.id.as_str(), (SpanKind::Scenario, one.verdict)));
    let sabotages = judgement.sabotages.iter().map(|one| (one.id.as_str(), (SpanKind::Sabotage, one.proof.shown_as())));
    let changes = judgement.wild.iter().map(|one| (one.id.as_str(), (SpanKind::Unscripted, one.shown_as())));
    scenarios.chain(sabotages).chain(changes).collect()
}
