//! Which reasons against a certificate apply: a pure function of what was examined.
//!
//! Each rule looks at one thing. What only the machine of the release manager knows (whether its linter is content, and which source it
//! has) comes from outside; a verifier has neither, and repeats the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    judged::{Examination, Image, Judged, Unsupported},
    profile::Sabotage,
    refusal::{Reason, Refusal},
    source::Source,
};
use crate::{
    evidence::{event::RunStatus, flaw::Flaw, plan::PlannedSabotage},
    support::{State, Support},
    verdict::{Account, CheckVerdict, Mark, Proof, Verdict},
};

/// The world whose records certify.
const WORLD: &str = "kind";

/// What the machine knows on which a certificate is made.
#[derive(Clone, Debug)]
pub struct Here {
    /// Its working tree; `None` where git does not know it.
    pub source: Option<Source>,
    /// Problems that the linter finds.
    pub problems: usize,
    /// Earlier runs of the same attempt at a certificate: one that failed does not disappear by running again.
    pub earlier: Vec<Judged>,
}

/// Every reason against a certificate, in the order of [`Reason`].
#[must_use]
pub fn refusals(examined: &Examination<'_>) -> Vec<Refusal> {
    const RULES: [fn(&Examination<'_>) -> Vec<Refusal>; 9] =
        [worlds, sources, images, plans, records, requirements, sabotages, checks, windows];
    let mut refusals: Vec<Refusal> = RULES.iter().flat_map(|rule| rule(examined)).collect();
    refusals.sort_by_key(|refusal| refusal.reason);
    refusals
}

impl Here {
    /// Reasons that no run can remove: known before there is a record.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        match &self.source {
            None => refusals.push(Refusal::new(Reason::SourceUnknown, "git does not know this working tree")),
            Some(now) if !now.changed.is_empty() => {
                refusals.push(Refusal::new(Reason::SourceChanged, format!("this working tree: {}", few(&now.changed))));
            }
            Some(_) => {}
        }
        if self.problems > 0 {
            refusals.push(Refusal::new(Reason::Lint, format!("{} problems", self.problems)));
        }
        refusals
    }
}

/// Reasons that only the machine knows on which the certificate is made.
#[must_use]
pub fn refusals_here(examined: &Examination<'_>, here: &Here) -> Vec<Refusal> {
    let mut refusals = here.refusals();
    if let (Some(now), Some(then)) = (&here.source, examined.run.source())
        && now.changed.is_empty()
        && *now != then
    {
        let about = format!("the record is of commit {}, this working tree of {}", then.commit, now.commit);
        refusals.push(Refusal::new(Reason::SourceDiffers, about));
    }
    refusals.extend(earlier(examined, &here.earlier));
    refusals
}

/// Checks that had another result in an earlier run of the same source.
fn earlier(examined: &Examination<'_>, earlier: &[Judged]) -> Vec<Refusal> {
    let now = &examined.run.judgement.checks;
    let of_source = earlier.iter().filter(|run| run.source() == examined.run.source());
    let checks = of_source.flat_map(|run| &run.judgement.checks).filter(|check| decides(check.verdict));
    let differing = checks.filter_map(|check| {
        let again = now.iter().find(|again| again.id == check.id && decides(again.verdict))?;
        let about = format!("{} was {} in an earlier run of this attempt", check.id, check.verdict.word());
        (again.verdict != check.verdict).then(|| Refusal::new(Reason::Flaky, about))
    });
    differing.collect()
}

/// The records with their names: the run, and each proof.
fn records(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if !examined.run.is_complete() {
        refusals.push(Refusal::new(Reason::Unfinished, "the run"));
    }
    for (name, judged) in named(examined) {
        // A proof that was interrupted is partial, and what it proves stands; another record goes on from it.
        let whole = judged.is_complete() || name == RUN;
        let flaws = judged.record.flaws.iter().filter(|flaw| !matches!(flaw, Flaw::Partial { .. }));
        let problems: Vec<String> =
            if whole { judged.judgement.problems.clone() } else { flaws.map(Flaw::to_string).collect() };
        refusals.extend(problems.iter().map(|problem| Refusal::new(Reason::Record, format!("{name}: {problem}"))));
    }
    refusals
}

fn worlds(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (name, judged) in named(examined) {
        let run = &judged.judgement.run;
        if run.world != WORLD {
            refusals.push(Refusal::new(Reason::World, format!("{name}: {}", run.world)));
        }
        if run.harness != VERSION {
            refusals.push(Refusal::new(Reason::Version, format!("{name}: {}, this is {VERSION}", run.harness)));
        }
        if !run.client_faults.is_empty() {
            refusals.push(Refusal::new(Reason::ClientFaults, format!("{name}: {}", run.client_faults.join(", "))));
        }
    }
    if examined.profile.differs_from_shipped() {
        refusals.push(Refusal::new(Reason::ProfileDiffers, &examined.profile.name));
    }
    refusals
}

fn sources(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let first = examined.run.source();
    for (name, judged) in named(examined) {
        match judged.source() {
            None => refusals.push(Refusal::new(Reason::SourceUnknown, name)),
            Some(source) => {
                if !source.changed.is_empty() {
                    let about = format!("{name}: {}", few(&source.changed));
                    refusals.push(Refusal::new(Reason::SourceChanged, about));
                }
                if first.as_ref().is_some_and(|first| *first != source) {
                    let about = format!("{name}: commit {}, and the run is of another source", source.commit);
                    refusals.push(Refusal::new(Reason::SourceDiffers, about));
                }
            }
        }
    }
    refusals
}

fn images(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let first = examined.run.images();
    for (name, judged) in named(examined) {
        let (images, declared) = (judged.images(), judged.declared_images());
        if images.is_empty() || declared.is_empty() {
            refusals.push(Refusal::new(Reason::ImagesUnknown, name.clone()));
            continue;
        }
        for image in &images {
            match &image.sha256 {
                None => refusals.push(Refusal::new(Reason::ImageWithoutDigest, format!("{name}: {}", image.name))),
                Some(digest) if !declared.contains(digest) => {
                    let about = format!("{name}: {} runs as sha256:{digest}", image.name);
                    refusals.push(Refusal::new(Reason::ImageOther, about));
                }
                Some(_) => {}
            }
        }
        // Only what has one name: a pod that had done its work may be gone by the time of the proof.
        let is_other = |image: &&Image| first.iter().any(|one| one.name == image.name) && !first.contains(image);
        let others = images.iter().filter(is_other).map(|image| format!("{name}: {}", image.name));
        refusals.extend(others.map(|about| Refusal::new(Reason::WorldsDiffer, about)));
    }
    refusals
}

fn plans(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let run = examined.run.plan();
    let sabotages: BTreeMap<&str, PlannedSabotage> =
        run.sabotages.iter().map(|planned| (planned.trial.id.as_str(), declared(planned))).collect();
    for (name, judged) in named(examined).into_iter().skip(1) {
        let plan = judged.plan();
        if plan.requirements != run.requirements {
            refusals.push(Refusal::new(Reason::PlansDiffer, format!("{name}: the catalogue")));
        }
        let scenarios = plan.scenarios.iter().filter(|scenario| !run.scenarios.contains(scenario));
        let others = scenarios.map(|scenario| &scenario.id);
        let tried = plan.sabotages.iter().filter(|planned| planned.tried);
        let changed = tried.filter(|one| sabotages.get(one.trial.id.as_str()) != Some(&declared(one)));
        let others: Vec<String> = others.chain(changed.map(|planned| &planned.trial.id)).cloned().collect();
        if !others.is_empty() {
            refusals.push(Refusal::new(Reason::PlansDiffer, format!("{name}: {}", few(&others))));
        }
    }
    refusals
}

/// A sabotage as its scenario declares it, whether or not a run tries it.
fn declared(planned: &PlannedSabotage) -> PlannedSabotage {
    let mut planned = planned.clone();
    planned.tried = false;
    planned.trial.checks.clear();
    planned
}

fn requirements(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let judgement = &examined.run.judgement;
    let proven = examined.proven_checks();
    let plan = examined.run.plan();
    let known: BTreeSet<&str> = plan.requirements.iter().map(|one| one.id.as_str()).collect();
    let is_sabotage_demanded = examined.profile.sabotage == Sabotage::Demanded;
    // One line instead of one for each requirement.
    let has_proof = is_sabotage_demanded && !examined.proofs.is_empty();
    if is_sabotage_demanded && !has_proof {
        refusals.push(Refusal::new(Reason::Unproven, "no sabotage was tried"));
    }
    let lost = examined.profile.requirements.iter().filter(|id| !known.contains(id.as_str()));
    refusals.extend(lost.map(|id| Refusal::new(Reason::Unexamined, format!("{id} is not in the catalogue"))));
    for demanded in plan.requirements.iter().filter(|one| examined.profile.demands(&one.id, one.level)) {
        let Some(judged) = judgement.requirements.iter().find(|one| one.id == demanded.id) else {
            refusals.push(Refusal::new(Reason::Unexamined, &demanded.id));
            continue;
        };
        if judged.verdict == Verdict::NotApplicable {
            refusals.push(Refusal::new(Reason::Unexamined, format!("{}: {}", demanded.id, judged.reason)));
        }
        let checks = judgement.checks.iter().filter(|check| check.requirements.contains(&demanded.id));
        let unproven = checks.filter(|check| check.verdict == Verdict::Pass && !proven.contains(check.id.as_str()));
        let unproven: Vec<String> = unproven.map(|check| check.id.clone()).collect();
        if has_proof && !unproven.is_empty() {
            refusals.push(Refusal::new(Reason::Unproven, format!("{}: {}", demanded.id, few(&unproven))));
        }
    }
    let passes = |check: &CheckVerdict| !check.requirements.is_empty() && check.verdict == Verdict::Pass;
    if !judgement.checks.iter().any(passes) {
        refusals.push(Refusal::new(Reason::NothingPassed, &examined.profile.name));
    }
    refusals
}

fn sabotages(examined: &Examination<'_>) -> Vec<Refusal> {
    let bad =
        examined.trials().into_values().filter(|trial| matches!(trial.proof, Proof::Toothless | Proof::WrongReason));
    bad.map(|trial| Refusal::new(Reason::Sabotage, format!("{} is {}: {}", trial.id, trial.proof.word(), trial.reason)))
        .collect()
}

fn checks(examined: &Examination<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut results: BTreeMap<&str, BTreeSet<Verdict>> = BTreeMap::new();
    for (name, judged) in named(examined) {
        let is_partial = judged.judgement.status != RunStatus::Complete && name != RUN;
        for check in &judged.judgement.checks {
            let about = || format!("{name}: {}: {}", check.id, check.reason);
            let reason = match check.verdict {
                Verdict::Fail => Some(Reason::Fail),
                // What an interrupted proof did not get to, and what it could not look at, its successor looks at.
                Verdict::Broken if name != RUN => None,
                Verdict::Unknown | Verdict::Vacuous if is_partial => None,
                Verdict::Broken => Some(Reason::Broken),
                Verdict::Unknown => Some(Reason::Unknown),
                Verdict::Vacuous => Some(Reason::Vacuous),
                Verdict::Finding | Verdict::Waived | Verdict::Pass | Verdict::NotApplicable => None,
            };
            refusals.extend(reason.map(|reason| Refusal::new(reason, about())));
            if check.marks.contains(&Mark::Flaky) {
                refusals.push(Refusal::new(Reason::Flaky, about()));
            }
            if check.account == Account::Observed && (decides(check.verdict) || !is_partial) {
                results.entry(&check.id).or_default().insert(check.verdict);
            }
            if check.verdict == Verdict::Waived && name == RUN {
                let why = match judged.waived_until(&check.id) {
                    None => Some("the record does not say until when".to_owned()),
                    Some(until) => (until < examined.day()).then(|| format!("until {until}")),
                };
                refusals.extend(why.map(|why| Refusal::new(Reason::Waiver, format!("{}: {why}", check.id))));
            }
        }
    }
    for (id, mut verdicts) in results {
        verdicts.remove(&Verdict::Broken);
        if verdicts.len() > 1 {
            let words: Vec<&str> = verdicts.iter().map(|verdict| verdict.word()).collect();
            refusals.push(Refusal::new(Reason::Flaky, format!("{id} is {} in turn", words.join(" and "))));
        }
    }
    refusals
}

/// Whether the verdict says something about the product.
const fn decides(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Finding | Verdict::Waived | Verdict::Pass)
}

fn windows(examined: &Examination<'_>) -> Vec<Refusal> {
    let none = Support { problem: Some("the run observed no world".to_owned()), ..Support::default() };
    let support = examined.run.judgement.support.as_ref().unwrap_or(&none);
    let mut refusals: Vec<Refusal> =
        support.problem.iter().map(|problem| Refusal::new(Reason::SupportUnknown, problem)).collect();
    if examined.unsupported == Unsupported::Refused {
        refusals.extend(support.of(State::Ended).map(|one| Refusal::new(Reason::Unsupported, one.line())));
    }
    refusals
}

/// The run first, then the proofs.
fn named<'a>(examined: &Examination<'a>) -> Vec<(String, &'a Judged)> {
    let proofs = examined.proofs.iter().enumerate().map(|(index, proof)| (format!("proof {}", index + 1), proof));
    [(RUN.to_owned(), examined.run)].into_iter().chain(proofs).collect()
}

const RUN: &str = "run";
/// The version of this program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first three, and how many more.
fn few(items: &[String]) -> String {
    let first = items.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(3) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
