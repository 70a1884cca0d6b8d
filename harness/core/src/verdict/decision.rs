//! From a judgement to the decision, which a release manager reads first, and to the exit code.

use super::{
    Verdict,
    exit::Exit,
    judgement::{ConformanceStatus, Decision, Judgement, is_unproven},
    proof::Proof,
};
use crate::{
    evidence::{event::RunStatus, plan::Level},
    support::{Support, SupportVerdict},
};

impl Exit {
    /// An interruption comes first, because the user asked for it; then the worst verdict.
    #[must_use]
    pub fn of(judgement: &Judgement) -> Self {
        // An unnoticed unscripted change is a finding about the harness; one that was never live is a harness error.
        let unconfirmed = judgement.wild.iter().map(|wild| wild.proof).filter(|proof| *proof == Proof::Unconfirmed);
        let proof = judgement.sabotages.iter().map(|sabotage| sabotage.proof).chain(unconfirmed).max();
        // A waived failure proves nothing.
        let proven =
            judgement.checks.iter().any(|check| !check.requirements.is_empty() && check.verdict == Verdict::Pass);
        match judgement.verdict {
            _ if judgement.status == RunStatus::Interrupted => Self::Interrupted,
            Verdict::Fail => Self::ProductFailed,
            _ if judgement.over_budget => Self::OverBudget,
            Verdict::Broken => Self::Broken,
            // Passes of a client with deliberate faults say nothing about a healthy client.
            Verdict::Pass | Verdict::Waived | Verdict::Finding if proven && judgement.run.client_faults.is_empty() => {
                match proof {
                    Some(Proof::Unconfirmed) => Self::Broken,
                    // These checks are green because they cannot turn red.
                    Some(Proof::Toothless | Proof::WrongReason) => Self::NothingProven,
                    _ => Self::Conformant,
                }
            }
            _ => Self::NothingProven,
        }
    }
}

/// Decides on a judgement whose exit is settled.
pub(super) fn decide(judgement: &Judgement) -> Decision {
    let result = match judgement.verdict {
        Verdict::Fail => ConformanceStatus::NotConformant,
        _ if judgement.exit.code() == 0 => ConformanceStatus::Conformant,
        _ => ConformanceStatus::CannotSay,
    };
    let world = judgement.run.world.clone();
    let mut because = if result == ConformanceStatus::Conformant { foundations(judgement) } else { causes(judgement) };
    if !judgement.run.client_faults.is_empty() {
        because.insert(0, sabotage(&judgement.run.client_faults));
    }
    Decision { result, because, certifies: false, why: why_not_certified(judgement, &world), world }
}

/// The warning that comes first in a run with client faults.
fn sabotage(client_faults: &[String]) -> String {
    format!(
        "the reference client is sabotaged: {}; this run shows which checks notice, and nothing about a product",
        client_faults.join(", ")
    )
}

fn causes(judgement: &Judgement) -> Vec<String> {
    let requirements =
        judgement.requirements.iter().map(|requirement| (requirement.verdict, &requirement.id, &requirement.reason));
    let guards = judgement
        .checks
        .iter()
        .filter(|check| check.requirements.is_empty())
        .map(|guard| (guard.verdict, &guard.id, &guard.reason));
    let red = requirements.chain(guards).filter(|(verdict, ..)| !verdict.is_green());
    // Recorded deviations are not the cause of the verdict.
    let (recorded, mut red): (Vec<_>, Vec<_>) = red.partition(|(verdict, ..)| *verdict == Verdict::Finding);
    // The sort is stable: equal verdicts stay in the order of the plan.
    red.sort_by_key(|(verdict, ..)| std::cmp::Reverse(*verdict));
    let red = red.into_iter().map(|(verdict, id, reason)| format!("{id} {}: {reason}", verdict.word()));
    let toothless = judgement.sabotages.iter().filter(|sabotage| sabotage.proof.is_bad());
    let toothless = toothless.map(|one| format!("sabotage {} is {}: {}", one.id, one.proof.word(), one.reason));
    let mut because: Vec<String> = judgement.problems.iter().cloned().chain(red).chain(toothless).collect();
    if !because.is_empty() && !recorded.is_empty() {
        because.push(format!("beside it, {} not met as recorded", recorded.len()));
    }
    if because.is_empty() && judgement.verdict.is_green() && !judgement.run.client_faults.is_empty() {
        because.push("no check noticed".to_owned());
    }
    if because.is_empty() {
        because.push(match judgement.scenarios.iter().find(|scenario| !scenario.verdict.is_green()) {
            Some(scenario) => format!("{} {}: {}", scenario.id, scenario.verdict.word(), scenario.reason),
            None => "no check that names a requirement was answered".to_owned(),
        });
    }
    because
}

fn foundations(judgement: &Judgement) -> Vec<String> {
    let count = |verdict| judgement.requirements.iter().filter(|one| one.verdict == verdict).count();
    let checks = judgement.checks.iter().filter(|check| check.verdict == Verdict::Pass).count();
    let mut because = vec![format!(
        "{} of {} examined requirements pass on {checks} passing checks",
        count(Verdict::Pass),
        judgement.requirements.len(),
    )];
    match count(Verdict::NotApplicable) {
        0 => {}
        some => because.push(format!("{some} not applicable in this world")),
    }
    match judgement.sabotages.iter().filter(|one| one.proof == Proof::Proven).count() {
        0 => {}
        proven => because.push(format!("{proven} sabotages were noticed, each for its own reason")),
    }
    let waived = judgement.requirements.iter().filter(|one| one.verdict == Verdict::Waived);
    because.extend(waived.map(|one| format!("{} is not met, and waived {}", one.id, one.reason)));
    let findings = judgement.requirements.iter().filter(|one| one.verdict == Verdict::Finding);
    because.extend(findings.map(|one| format!("{} is not met, as recorded: {}", one.id, one.reason)));
    because
}

fn why_not_certified(judgement: &Judgement, world: &str) -> String {
    let unproven: Vec<&str> = judgement
        .requirements
        .iter()
        .filter(|one| one.level == Level::Core && is_unproven(one))
        .map(|one| one.id.as_str())
        .collect();
    let sabotage = if judgement.sabotages.iter().all(|one| matches!(one.proof, Proof::NotTried | Proof::NotApplicable))
    {
        "this command never certifies: its record holds no sabotage, so no check has been seen red".to_owned()
    } else if unproven.is_empty() {
        "this command never certifies, though every core requirement that it examined has been seen red".to_owned()
    } else {
        format!("this command never certifies, and core requirements are unproven: {}", unproven.join(", "))
    };
    let ended: Vec<String> = judgement.support.iter().flat_map(Support::ended).map(SupportVerdict::name).collect();
    let support = match ended.as_slice() {
        [] => String::new(),
        ended => format!(", and what was examined is past the end of a support window: {}", ended.join(", ")),
    };
    match world {
        "kind" | "" => format!("{sabotage}{support}"),
        other => format!("{sabotage}{support}, and the world `{other}` is not one that can be certified"),
    }
}
