//! From a whole record to a judgement.

use std::collections::BTreeSet;

use super::{
    Verdict,
    check::CheckVerdict,
    decision::decide,
    exit::Exit,
    judgement::{ConformanceStatus, Decision, Judgement, RequirementVerdict, Unexamined},
    missing_checks::missing_checks,
    proof::{SabotageVerdict, judge_sabotages, power},
    scenario::{ScenarioVerdict, judge_scenario},
    transcript::Transcript,
    unscripted::judge_unscripted,
    waiving::Waiving,
    worst,
};
use crate::{
    evidence::{
        event::{Entry, RunStatus},
        flaw::Flaw,
        lock::Lock,
        plan::{Level, Plan, PlannedRequirement},
        record::Record,
        waiver::Waiver,
    },
    support::{self, Support},
};

/// Judges the entries of a log.
#[must_use]
pub fn judge(entries: &[Entry]) -> Judgement {
    conclude(entries, &[], None, None)
}

/// Judges a record as far as it could be read, with its flaws.
#[must_use]
pub fn judge_record(record: &Record) -> Judgement {
    conclude(&record.entries, &record.flaws, record.lock.as_ref(), None)
}

/// [`judge_record`] with these waivers in the place of those of the record: what the verdicts would be.
#[must_use]
pub fn judge_record_with(record: &Record, waivers: &[Waiver]) -> Judgement {
    conclude(&record.entries, &record.flaws, record.lock.as_ref(), Some(waivers))
}

fn conclude(entries: &[Entry], flaws: &[Flaw], lock: Option<&Lock>, instead: Option<&[Waiver]>) -> Judgement {
    let mut transcript = Transcript::of(entries, flaws);
    if let Some(waivers) = instead {
        transcript.waivers = waivers;
    }
    let none = Plan::default();
    let plan = transcript.plan.unwrap_or(&none);
    let status = transcript.status.unwrap_or(RunStatus::Interrupted);

    let problems = run_problems(&transcript, plan, status);
    let judged = plan.scenarios.iter().map(|scenario| judge_scenario(&transcript, scenario));
    let judged = judged.chain(lock.into_iter().flat_map(|lock| missing_checks(lock, plan)));
    let (scenarios, checks): (Vec<ScenarioVerdict>, Vec<Vec<CheckVerdict>>) = judged.unzip();
    let checks: Vec<CheckVerdict> = checks.into_iter().flatten().collect();
    let sabotages = judge_sabotages(&transcript, plan, &checks);
    let wild = judge_unscripted(&transcript, plan, &checks);
    let (requirements, unexamined) = judge_requirements(plan, &checks, &sabotages);

    let run = (!problems.is_empty()).then_some(Verdict::Broken);
    let mut judgement = Judgement {
        verdict: worst(scenarios.iter().map(|scenario| scenario.verdict).chain(run)),
        waivers: Waiving::of(&transcript).conclude(&checks),
        run: transcript.run.clone(),
        status,
        decision: Decision::default(),
        checks,
        scenarios,
        requirements,
        unexamined,
        problems,
        over_budget: transcript.over_budget,
        sabotages,
        wild,
        support: judge_support(&transcript),
        exit: Exit::NothingProven,
    };
    judgement.exit = Exit::of(&judgement);
    judgement.decision = decide(&judgement);
    // A version past its end of support is a finding beside the checks: it changes no exit code and no verdict of a
    // check.
    let has_ended = judgement.support.iter().any(|support| support.ended().next().is_some());
    if judgement.decision.result == ConformanceStatus::Conformant && has_ended {
        judgement.verdict = judgement.verdict.max(Verdict::Finding);
    }
    judgement
}

/// `None` for a run that recorded nothing of its world: it examined no version.
fn judge_support(transcript: &Transcript<'_>) -> Option<Support> {
    let windows = transcript.environments.iter().rev().find_map(|facts| facts.get(support::TOPIC));
    (!transcript.environments.is_empty()).then(|| support::of_record(windows, transcript.run.started))
}

/// The problems of the run as a whole, most important first.
fn run_problems(transcript: &Transcript<'_>, plan: &Plan, status: RunStatus) -> Vec<String> {
    let mut problems = transcript.flaws.clone();
    match (transcript.status, status) {
        (None, _) => {
            problems.push(
                "the record is partial: it ends before the run does, which was killed or is still running".to_owned(),
            );
        }
        (_, RunStatus::Broken) => problems.push("the run could not be completed".to_owned()),
        (_, RunStatus::Interrupted) => problems.push("the record is partial: the run was interrupted".to_owned()),
        (_, RunStatus::Complete) => {}
    }
    problems.extend(transcript.problems.iter().cloned());

    let mut planned = BTreeSet::new();
    for check in plan.every().flat_map(|scenario| &scenario.checks) {
        if !planned.insert(check.id.as_str()) {
            problems.push(format!("the plan has two checks named {}", check.id));
        }
    }
    for check in transcript.samples.keys().filter(|check| !planned.contains(*check)) {
        problems.push(format!("{check} was observed but is not in the plan"));
    }
    let scenarios: BTreeSet<&str> = plan
        .every()
        .map(|scenario| &scenario.id)
        .chain(plan.wild.iter().map(|wild| &wild.id))
        .map(String::as_str)
        .collect();
    for scenario in transcript.started.iter().filter(|scenario| !scenarios.contains(*scenario)) {
        problems.push(format!("scenario {scenario} ran but is not in the plan"));
    }
    problems
}

fn judge_requirements(
    plan: &Plan,
    checks: &[CheckVerdict],
    sabotages: &[SabotageVerdict],
) -> (Vec<RequirementVerdict>, Vec<Unexamined>) {
    let named: BTreeSet<&String> = checks.iter().flat_map(|check| &check.requirements).collect();
    let known: BTreeSet<&String> = plan.requirements.iter().map(|requirement| &requirement.id).collect();
    // An id that the catalogue lacks is a mistake in the scenario; it is shown rather than dropped.
    let unknown = named.difference(&known).map(|id| PlannedRequirement {
        id: (*id).clone(),
        text: "not in the catalogue of this run".to_owned(),
        level: Level::Core,
        source: String::new(),
        controls: Vec::new(),
    });
    let unknown: Vec<_> = unknown.collect();
    let (examined, unexamined): (Vec<_>, Vec<_>) =
        plan.requirements.iter().chain(&unknown).partition(|requirement| named.contains(&requirement.id));

    let judged = examined.into_iter().map(|requirement| judge_requirement(requirement, checks, sabotages)).collect();
    let rest = unexamined.into_iter().map(|requirement| Unexamined {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        level: requirement.level,
        source: requirement.source.clone(),
        controls: requirement.controls.clone(),
    });
    (judged, rest.collect())
}

fn judge_requirement(
    requirement: &PlannedRequirement,
    checks: &[CheckVerdict],
    sabotages: &[SabotageVerdict],
) -> RequirementVerdict {
    let own: Vec<_> = checks.iter().filter(|check| check.requirements.contains(&requirement.id)).collect();
    let verdict = worst(own.iter().map(|check| check.verdict));
    let passed = own.iter().filter(|check| check.verdict == Verdict::Pass).count();
    let same: Vec<_> = own.iter().filter(|check| check.verdict == verdict).collect();
    let reason = match (verdict, same.as_slice()) {
        (Verdict::Pass, _) => format!("{passed} of {} checks pass", own.len()),
        (_, [first]) => format!("{} ({})", first.reason, first.id),
        (_, [first, rest @ ..]) => format!("{} ({} and {} more)", first.reason, first.id, rest.len()),
        (_, []) => "no check".to_owned(),
    };
    RequirementVerdict {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        level: requirement.level,
        source: requirement.source.clone(),
        controls: requirement.controls.clone(),
        verdict,
        reason,
        checks: own.iter().map(|check| check.id.clone()).collect(),
        passed,
        power: power(&requirement.id, sabotages),
    }
}
