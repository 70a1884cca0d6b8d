//! Verdicts during a run: each scenario is judged as soon as it has ended.
//!
//! Reads only the entries of that scenario and of those that it is compared with, so the work grows linearly with the
//! checks of a run. Does not judge the run ([`judge`](super::judge) does) and does not detect a damaged record.

use std::collections::BTreeMap;

use super::{
    CheckVerdict, SabotageVerdict, ScenarioVerdict, UnscriptedVerdict, Verdict, proof::judge_sabotage,
    scenario::judge_scenario, transcript::Transcript, unscripted::judge_one,
};
use crate::{
    evidence::{
        event::{Entry, Event},
        plan::{Plan, PlannedSabotage, PlannedScenario, PlannedUnscripted},
    },
    scenario::trial::scenario_under,
};

/// The plan and the entries of a run so far.
#[derive(Debug, Default)]
pub struct Live {
    plan: Plan,
    /// The start of the run and its waivers.
    head: Vec<Entry>,
    /// The entries of each scenario, in the order of the log.
    entries: BTreeMap<String, Vec<Entry>>,
}

/// The verdict on a part of the run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An unscripted change, under which the read-only scenarios were run again.
    Change(UnscriptedVerdict),
    /// A trial of a sabotage.
    Sabotage(SabotageVerdict),
    Scenario(ScenarioVerdict, Vec<CheckVerdict>),
}

impl Live {
    /// Takes the next entry of a record. Returns a verdict when the entry ends a scenario, a trial or a change of the
    /// plan; scenarios that were run again under a change are part of that change.
    pub fn take(&mut self, entry: &Entry) -> Option<Ended> {
        match &entry.event {
            Event::Planned { plan } => self.plan = plan.clone(),
            Event::RunStarted { .. } | Event::WaiversRead { .. } => self.head.push(entry.clone()),
            Event::ScenarioStarted { scenario }
            | Event::StepEnded { scenario, .. }
            | Event::Observed { scenario, .. } => {
                self.keep(scenario, entry);
            }
            Event::ScenarioEnded { scenario, .. } => {
                self.keep(scenario, entry);
                return self.judge(scenario);
            }
            Event::ChangeAnnounced { .. }
            | Event::ChangesUndone { .. }
            | Event::Environment { .. }
            | Event::EvidenceWithheld { .. }
            | Event::Leftover { .. }
            | Event::Marked { .. }
            | Event::PhaseEnded { .. }
            | Event::RunEnded { .. }
            | Event::Sabotaged { .. } => {}
        }
        None
    }

    fn keep(&mut self, scenario: &str, entry: &Entry) {
        match self.entries.get_mut(scenario) {
            Some(entries) => entries.push(entry.clone()),
            None => drop(self.entries.insert(scenario.to_owned(), vec![entry.clone()])),
        }
    }

    fn judge(&self, id: &str) -> Option<Ended> {
        if let Some(planned) = self.plan.scenarios.iter().find(|planned| planned.id == id) {
            let (scenario, checks) = judge_scenario(&self.transcript([id]), planned);
            return Some(Ended::Scenario(scenario, checks));
        }
        if let Some(planned) = self.plan.sabotages.iter().find(|planned| planned.trial.id == id) {
            return Some(Ended::Sabotage(self.judge_trial(planned)));
        }
        let change = self.plan.wild.iter().find(|planned| planned.id == id)?;
        Some(Ended::Change(self.judge_change(change)))
    }

    /// Judges a trial, which is compared with its scenario before the sabotage.
    fn judge_trial(&self, planned: &PlannedSabotage) -> SabotageVerdict {
        let transcript = self.transcript([planned.scenario.as_str(), planned.trial.id.as_str()]);
        let owner = self.plan.scenarios.iter().filter(|scenario| scenario.id == planned.scenario);
        let before = checks(&transcript, owner);
        judge_sabotage(&transcript, planned, &by_id(&before))
    }

    /// Judges a change, for which every scenario that was run again is compared with its first run.
    fn judge_change(&self, planned: &PlannedUnscripted) -> UnscriptedVerdict {
        let owners: Vec<&str> = planned.trials.iter().filter_map(|trial| scenario_under(&trial.id)).collect();
        let trials = planned.trials.iter().map(|trial| trial.id.as_str());
        let transcript = self.transcript(owners.iter().copied().chain(trials).chain([planned.id.as_str()]));
        let before = checks(&transcript, self.plan.scenarios.iter().filter(|one| owners.contains(&one.id.as_str())));
        let passed: Vec<CheckVerdict> = before.into_iter().filter(|check| check.verdict == Verdict::Pass).collect();
        judge_one(&transcript, planned, &by_id(&passed))
    }

    fn transcript<'a>(&'a self, scenarios: impl IntoIterator<Item = &'a str>) -> Transcript<'a> {
        let of_scenarios = scenarios.into_iter().filter_map(|scenario| self.entries.get(scenario)).flatten();
        Transcript::of_part(self.head.iter().chain(of_scenarios))
    }
}

fn checks<'a>(transcript: &Transcript<'_>, scenarios: impl Iterator<Item = &'a PlannedScenario>) -> Vec<CheckVerdict> {
    scenarios.flat_map(|scenario| judge_scenario(transcript, scenario).1).collect()
}

fn by_id(checks: &[CheckVerdict]) -> BTreeMap<&str, &CheckVerdict> {
    checks.iter().map(|check| (check.id.as_str(), check)).collect()
}
