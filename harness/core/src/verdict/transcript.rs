//! The entries of a log, grouped by run, scenario, step and check. Sequence numbers restore the order of the log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    evidence::{
        event::{Ending, Entry, Event, RunStatus, Sample},
        flaw::{Flaw, Spoils},
        plan::Plan,
        waiver::Waiver,
    },
    scenario::trial::MARK,
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunFacts {
    pub id: String,
    pub harness: String,
    pub world: String,
    pub world_detail: String,
    pub arguments: Vec<String>,
    /// Deliberate faults of the reference client; normally none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_faults: Vec<String>,
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepFacts {
    pub step: String,
    #[schemars(with = "BTreeMap<String, String>")]
    pub ending: Ending,
    pub took_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Transcript<'a> {
    pub run: RunFacts,
    /// `None` until the end of the run is recorded.
    pub status: Option<RunStatus>,
    pub plan: Option<&'a Plan>,
    /// Known failures that somebody answers for.
    pub waivers: &'a [Waiver],
    pub samples: BTreeMap<&'a str, Vec<&'a Sample>>,
    pub started: BTreeSet<&'a str>,
    pub endings: BTreeMap<&'a str, (&'a Ending, u64)>,
    pub steps: BTreeMap<&'a str, Vec<StepFacts>>,
    pub over_budget: bool,
    /// Recorded facts about the world, in the order of the log.
    pub environments: Vec<&'a BTreeMap<String, Value>>,
    pub problems: Vec<String>,
    /// The flaws of the record's files, in words.
    pub flaws: Vec<String>,
    /// Set when entries are missing, doubled or changed: the remaining entries decide nothing.
    pub damage: Option<String>,
    /// Evidence that was changed or is missing, by its digest.
    pub spoiled: BTreeMap<&'a str, String>,
}

impl<'a> Transcript<'a> {
    pub(super) fn of(entries: &'a [Entry], flaws: &'a [Flaw]) -> Self {
        let sorted = sorted(entries);
        let mut transcript = Self { flaws: flaws.iter().map(Flaw::to_string).collect(), ..Self::default() };
        for flaw in flaws {
            match flaw.spoils() {
                Spoils::Everything => transcript.damage = transcript.damage.or_else(|| Some(flaw.to_string())),
                Spoils::Evidence(digest) => drop(transcript.spoiled.insert(digest, flaw.to_string())),
                Spoils::Nothing => {}
            }
        }
        // Entries without a file show gaps only by their numbers.
        if transcript.damage.is_none() {
            transcript.damage = damage(&sorted);
            transcript.problems.extend(transcript.damage.clone());
        }
        transcript.take_all(sorted);
        transcript
    }

    /// From some entries of a run that is still being recorded: missing entries are no damage.
    pub(super) fn of_part(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut transcript = Self::default();
        transcript.take_all(sorted(entries));
        transcript
    }

    fn take_all(&mut self, sorted: Vec<&'a Entry>) {
        self.run.started = sorted.first().map(|entry| entry.at);
        for entry in sorted {
            if self.status.is_some() {
                self.problems.push(format!("event {} was recorded after the end of the run", entry.seq));
            }
            self.take(entry);
        }
    }

    /// How the step ended, if that is recorded.
    pub(super) fn step_ending(&self, scenario: &str, step: &str) -> Option<&Ending> {
        self.steps.get(scenario)?.iter().find(|facts| facts.step == step).map(|facts| &facts.ending)
    }

    fn take(&mut self, entry: &'a Entry) {
        match &entry.event {
            Event::Environment { facts } => self.environments.push(facts),
            // A change that was not undone shows as a leftover, or as a run that did not end.
            Event::ChangeAnnounced { .. }
            | Event::ChangesUndone { .. }
            | Event::EvidenceWithheld { .. }
            | Event::Marked { .. } => {}
            Event::Leftover { what } => self.problems.push(format!("left behind: {what}")),
            Event::Observed { check, sample, .. } => self.samples.entry(check).or_default().push(sample),
            Event::PhaseEnded { phase, result, .. } => {
                self.note_budget(result);
                if let Some(reason) = result.problem() {
                    self.problems.push(format!("phase {phase}: {reason}"));
                }
            }
            Event::Planned { plan } if self.plan.is_none() => self.plan = Some(plan),
            Event::Planned { .. } => self.problems.push(format!("event {} changes the plan", entry.seq)),
            Event::RunEnded { status } => {
                self.status = Some(*status);
                self.run.ended = Some(entry.at);
            }
            Event::RunStarted { run, harness, world, world_detail, arguments } => {
                self.run.id.clone_from(run);
                self.run.harness.clone_from(harness);
                self.run.world.clone_from(world);
                self.run.world_detail.clone_from(world_detail);
                self.run.arguments.clone_from(arguments);
                self.run.started = Some(entry.at);
            }
            Event::Sabotaged { client_faults } => self.run.client_faults.extend(client_faults.iter().cloned()),
            Event::ScenarioEnded { scenario, ending, took_ms } => {
                // A trial over budget shows nothing about the product; its proof reports it.
                if !scenario.contains(MARK) {
                    self.note_budget(ending);
                }
                let known = self.endings.entry(scenario).or_insert((ending, *took_ms));
                if *known.0 == Ending::Done {
                    *known = (ending, *took_ms);
                }
            }
            Event::ScenarioStarted { scenario } => {
                self.started.insert(scenario);
            }
            Event::StepEnded { scenario, step, ending, took_ms } => {
                self.note_budget(ending);
                let facts = StepFacts { step: step.clone(), ending: ending.clone(), took_ms: *took_ms };
                let steps = self.steps.entry(scenario).or_default();
                match steps.iter_mut().find(|known| known.step == *step) {
                    Some(known) if known.ending == Ending::Done => *known = facts,
                    Some(_) => {}
                    None => steps.push(facts),
                }
            }
            Event::WaiversRead { waivers, .. } if self.waivers.is_empty() => self.waivers = waivers,
            Event::WaiversRead { .. } => self.problems.push(format!("event {} changes the waivers", entry.seq)),
        }
    }

    fn note_budget(&mut self, ending: &Ending) {
        self.over_budget |= matches!(ending, Ending::OverBudget { .. });
    }
}

fn sorted<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let mut sorted: Vec<&Entry> = entries.into_iter().collect();
    sorted.sort_by_key(|entry| entry.seq);
    sorted
}

fn damage(sorted: &[&Entry]) -> Option<String> {
    for (expected, entry) in (0..).zip(sorted) {
        if entry.seq > expected {
            return Some(format!("the record is incomplete: event {expected} is missing"));
        }
        if entry.seq < expected {
            return Some(format!("the record is not one run's: event {} occurs twice", entry.seq));
        }
    }
    None
}
