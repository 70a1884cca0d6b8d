//! The report as data: the content of `report.json`, from which every other format is rendered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    Baseline, ControlView, DocumentedCommandView, Latency, LedgerView, LetIn, Lifetime, PublicRecord, Span, Withheld,
    controls,
    latency::Latencies,
    let_in::Admissions,
    lifetimes::{Lifetimes, Sighting},
    spans::spans,
};
use crate::{
    evidence::{
        event::{Ending, Entry, Event, RunStatus},
        lock,
        waiver::Waiver,
    },
    support::Support,
    verdict::{
        Account, CheckVerdict, Decision, Judgement, RequirementVerdict, RunFacts, SabotageVerdict, ScenarioVerdict,
        Unexamined, UnscriptedVerdict, Verdict, WaiverVerdict, judge_record, judge_record_with,
    },
};

/// Version 1 may gain fields; readers must ignore fields that they do not know.
pub(super) const SCHEMA: &str = "mtls-e2e/report/v1";

/// A judged run.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    pub schema: String,
    pub run: RunFacts,
    #[schemars(with = "String")]
    pub status: RunStatus,
    pub decision: Decision,
    pub verdict: Verdict,
    pub exit_code: u8,
    pub exit_meaning: String,
    pub plan: PlanFacts,
    /// Number of checks per verdict.
    pub counts: BTreeMap<Verdict, usize>,
    pub requirements: Vec<RequirementVerdict>,
    pub unexamined: Vec<Unexamined>,
    /// Requirements by control of a security framework; absent when the catalogue of the run names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlView>,
    /// The waivers of the run, in the order of their file; absent when it had none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverVerdict>,
    pub scenarios: Vec<ScenarioVerdict>,
    pub checks: Vec<CheckVerdict>,
    /// The declared sabotages, with the results of those that were tried.
    pub sabotages: Vec<SabotageVerdict>,
    /// Unscripted changes and the read-only checks that noticed them; empty unless the run made some.
    pub wild: Vec<UnscriptedVerdict>,
    /// Checks that are not green, grouped by reason; worst first.
    pub causes: Vec<Cause>,
    pub problems: Vec<String>,
    pub environment: BTreeMap<String, Value>,
    /// Support windows of the examined versions, on the day on which the run started; absent when the run observed no
    /// world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    pub phases: Vec<Phase>,
    pub timeline: Vec<Mark>,
    /// The last observation of every stream of requests; absent when there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledgers: Vec<LedgerView>,
    /// Documented commands and their results.
    pub printed: Vec<DocumentedCommandView>,
    pub leftovers: Vec<String>,
    /// Evidence that was not stored because it held a secret; absent when there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Withheld>,
    /// When phases, scenarios, sabotages and unscripted changes ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// Recorded objects that let the callers of failed checks in; absent when the record knows none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub let_in: Vec<LetIn>,
    /// Observed certificates and when they were renewed; absent when the record has no lifetime.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifetimes: Vec<Lifetime>,
    /// The time of handshakes per class; absent when no sample has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latencies: Vec<Latency>,
    /// What changed since an earlier run. Set by [`Report::against`]; never part of `report.json`.
    #[serde(skip)]
    pub baseline: Option<Baseline>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanFacts {
    /// SHA-256 of the plan lock, or empty when the run made none.
    pub digest: String,
    pub checks: usize,
    /// Checks that were observed, or whose absence the record explains.
    pub accounted: usize,
}

/// A reason why checks are not green, with all checks and scenarios that share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    pub verdict: Verdict,
    pub reason: String,
    pub scenarios: Vec<String>,
    pub checks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Phase {
    pub name: String,
    #[schemars(with = "BTreeMap<String, String>")]
    pub ending: Ending,
    pub took_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mark {
    pub scenario: String,
    pub track: String,
    pub label: String,
    #[schemars(with = "String")]
    pub from: Timestamp,
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    pub facts: BTreeMap<String, Value>,
}

impl Report {
    /// Judges a record and collects the data of its reports.
    #[must_use]
    pub fn of(record: &PublicRecord) -> (Self, Judgement) {
        let judgement = judge_record(record.record());
        (Self::new(record, &judgement), judgement)
    }

    /// [`Report::of`] with these waivers in the place of those of the record: what it would be.
    #[must_use]
    pub fn with_waivers(record: &PublicRecord, waivers: &[Waiver]) -> (Self, Judgement) {
        let judgement = judge_record_with(record.record(), waivers);
        (Self::new(record, &judgement), judgement)
    }

    fn new(record: &PublicRecord, judgement: &Judgement) -> Self {
        let mut counts = BTreeMap::new();
        for check in &judgement.checks {
            *counts.entry(check.verdict).or_insert(0) += 1;
        }
        let mut report = Self {
            schema: SCHEMA.to_owned(),
            run: judgement.run.clone(),
            status: judgement.status,
            decision: judgement.decision.clone(),
            verdict: judgement.verdict,
            exit_code: judgement.exit.code(),
            exit_meaning: judgement.exit.meaning().to_owned(),
            plan: PlanFacts {
                digest: String::new(),
                checks: judgement.checks.len(),
                accounted: judgement.checks.iter().filter(|check| check.account != Account::Missing).count(),
            },
            counts,
            requirements: judgement.requirements.clone(),
            unexamined: judgement.unexamined.clone(),
            controls: controls::controls(&judgement.requirements, &judgement.unexamined),
            waivers: judgement.waivers.clone(),
            scenarios: judgement.scenarios.clone(),
            checks: judgement.checks.clone(),
            sabotages: judgement.sabotages.clone(),
            wild: judgement.wild.clone(),
            causes: causes(judgement),
            problems: judgement.problems.clone(),
            environment: BTreeMap::new(),
            support: judgement.support.clone(),
            phases: Vec::new(),
            timeline: Vec::new(),
            ledgers: Vec::new(),
            printed: Vec::new(),
            leftovers: Vec::new(),
            withheld: Vec::new(),
            spans: spans(&record.record().entries, judgement),
            let_in: Vec::new(),
            lifetimes: Vec::new(),
            latencies: Vec::new(),
            baseline: None,
        };
        for entry in &record.record().entries {
            report.take(&entry.event);
        }
        report.collect(&record.record().entries);
        report
    }

    /// The report with what changed since an earlier run.
    #[must_use]
    pub fn against(self, baseline: Baseline) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// Facts that several samples make together.
    fn collect(&mut self, entries: &[Entry]) {
        let (mut admissions, mut lifetimes, mut latencies) =
            (Admissions::default(), Lifetimes::default(), Latencies::default());
        for entry in entries {
            if let Event::Observed { scenario, check, sample } = &entry.event {
                admissions.take(scenario, check, sample);
                lifetimes.take(check, sample);
                latencies.take(check, sample);
            }
        }
        self.let_in = admissions.explain(&self.checks);
        let certificates = self.timeline.iter().filter(|mark| mark.facts.contains_key("not-after"));
        let seen = certificates.map(|mark| Sighting {
            scenario: &mark.scenario,
            track: &mark.track,
            label: &mark.label,
            at: mark.from,
        });
        self.lifetimes = lifetimes.all(&seen.collect::<Vec<_>>());
        self.latencies = latencies.summed_up();
    }

    /// The check with this id.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckVerdict> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// Number of checks with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(&verdict).copied().unwrap_or_default()
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Environment { facts } => self.environment.extend(facts.clone()),
            Event::EvidenceWithheld { scenario, media_type, bytes } => {
                Withheld::add(&mut self.withheld, scenario, media_type, *bytes);
            }
            Event::Leftover { what } => self.leftovers.push(what.clone()),
            Event::Marked { scenario, track, label, from, until, facts } => {
                // A mark of the same span replaces the earlier one, which was shorter.
                self.timeline.retain(|mark| {
                    until.is_none()
                        || mark.until.is_none()
                        || (&mark.scenario, &mark.track, &mark.from) != (scenario, track, from)
                });
                self.timeline.push(Mark {
                    scenario: scenario.clone(),
                    track: track.clone(),
                    label: label.clone(),
                    from: *from,
                    until: *until,
                    facts: facts.clone(),
                });
            }
            Event::PhaseEnded { phase, result, took_ms } => {
                self.phases.push(Phase { name: phase.clone(), ending: result.clone(), took_ms: *took_ms });
            }
            Event::Planned { plan } if self.plan.digest.is_empty() => self.plan.digest = lock::digest(plan),
            Event::Observed { check, sample, .. } => {
                if let Some(ledger) = LedgerView::of(check, sample) {
                    self.ledgers.retain(|known| known.check != ledger.check);
                    self.ledgers.push(ledger);
                }
                if let Some(printed) = DocumentedCommandView::of(check, sample) {
                    self.printed.retain(|known| known.check != printed.check);
                    self.printed.push(printed);
                }
            }
            Event::ChangeAnnounced { .. }
            | Event::ChangesUndone { .. }
            | Event::Planned { .. }
            | Event::RunEnded { .. }
            | Event::RunStarted { .. }
            | Event::Sabotaged { .. }
            | Event::ScenarioEnded { .. }
            | Event::ScenarioStarted { .. }
            | Event::StepEnded { .. }
            | Event::WaiversRead { .. } => {}
        }
    }
}

fn causes(judgement: &Judgement) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for check in judgement.checks.iter().filter(|check| !check.verdict.is_green()) {
        let cause = cause(&mut causes, check.verdict, &check.reason, &check.scenario);
        cause.checks.push(check.id.clone());
    }
    // A scenario can be red without a red check.
    for scenario in judgement.scenarios.iter().filter(|scenario| !scenario.verdict.is_green()) {
        let covers = |cause: &Cause| cause.verdict == scenario.verdict && cause.scenarios.contains(&scenario.id);
        if !causes.iter().any(covers) {
            cause(&mut causes, scenario.verdict, &scenario.reason, &scenario.id);
        }
    }
    // The sort is stable: equals stay in the order of the plan.
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.verdict));
    causes
}

/// The cause with this verdict and reason, added if it is new, with the scenario noted.
fn cause<'a>(causes: &'a mut Vec<Cause>, verdict: Verdict, reason: &str, scenario: &str) -> &'a mut Cause {
    let known = causes.iter().position(|cause| cause.verdict == verdict && cause.reason == reason);
    let index = known.unwrap_or_else(|| {
        causes.push(Cause { verdict, reason: reason.to_owned(), scenarios: Vec::new(), checks: Vec::new() });
        causes.len() - 1
    });
    let cause = &mut causes[index];
    if !cause.scenarios.iter().any(|known| known == scenario) {
        cause.scenarios.push(scenario.to_owned());
    }
    cause
}
