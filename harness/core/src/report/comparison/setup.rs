//! Compares what surrounds the checks of two runs: worlds, scenarios, catalogues, arguments, and problems of a run as a
//! whole.
//!
//! A difference here may be the cause of all others, so it is shown first. No conclusion is drawn from it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    judged::JudgedRun,
    pairs::is_red,
    volatile::{Mask, masked},
};
use crate::{evidence::plan::Level, text::plain, verdict::Verdict};

/// A setting that differs between the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub before: String,
    pub after: String,
}

/// A problem of a scenario without a red check, or of the run itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Empty for the run itself.
    pub scenario: String,
    pub reason: String,
    pub seen: Seen,
}

/// The runs in which a problem was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    After,
    Before,
    Both,
}

pub(super) fn settings(before: &JudgedRun, after: &JudgedRun) -> Vec<Setting> {
    let (old, new) = (&before.report.run, &after.report.run);
    let listed = |parts: &[String]| if parts.is_empty() { "none".to_owned() } else { parts.join(" ") };
    let mut settings = vec![
        setting("world", &old.world, &new.world),
        setting("world detail", &old.world_detail, &new.world_detail),
        setting("harness", &old.harness, &new.harness),
        setting("arguments", &listed(&old.arguments), &listed(&new.arguments)),
        setting("client faults", &listed(&old.client_faults), &listed(&new.client_faults)),
    ];
    let scenarios = |run: &JudgedRun| run.report.scenarios.iter().map(|one| one.id.clone()).collect();
    settings.push(sets("scenarios", &scenarios(before), &scenarios(after)));
    let (old, new) = (catalogue(before), catalogue(after));
    settings.push(sets("catalogue", &old.keys().cloned().collect(), &new.keys().cloned().collect()));
    for (id, text) in &old {
        settings.extend(new.get(id).map(|now| setting(&format!("requirement {id}"), text, now)));
    }
    settings.retain(|setting| setting.before != setting.after);
    settings.extend(environment(before, after));
    settings
}

fn setting(name: &str, before: &str, after: &str) -> Setting {
    Setting { name: name.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// The size of both sets, with the members that the other lacks.
fn sets(name: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Setting {
    let side = |own: &BTreeSet<String>, other: &BTreeSet<String>| {
        let only: Vec<&str> = own.difference(other).map(String::as_str).collect();
        let more = if only.is_empty() { String::new() } else { format!(", only here {}", only.join(", ")) };
        format!("{}{more}", own.len())
    };
    setting(name, &side(before, after), &side(after, before))
}

/// Every requirement of the run's catalogue, with its level and text.
fn catalogue(run: &JudgedRun) -> BTreeMap<String, String> {
    let level = |level: Level| match level {
        Level::Core => "core",
        Level::Extended => "extended",
        Level::Hardening => "hardening",
    };
    let plan = run.record.record().plan().into_iter().flat_map(|plan| &plan.requirements);
    plan.map(|one| (one.id.clone(), format!("{}: {}", level(one.level), one.text))).collect()
}

/// Differences in environment topics that are not versions.
fn environment(before: &JudgedRun, after: &JudgedRun) -> Vec<Setting> {
    let (old, new) = (&before.report.environment, &after.report.environment);
    let topics: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let topics = topics.into_iter().filter(|topic| !super::versions::is_compared(topic));
    let spelled = |topic: Option<&serde_json::Value>| topic.map_or_else(|| "not recorded".to_owned(), plain);
    let changed = topics.filter_map(|topic| {
        let (before, after) = (spelled(old.get(topic)), spelled(new.get(topic)));
        let same = masked(&before, Mask::Identities) == masked(&after, Mask::Identities);
        (!same).then(|| setting(&format!("environment {topic}"), &before, &after))
    });
    changed.collect()
}

/// Problems of the runs, and of scenarios without a red check; new ones first.
pub(super) fn problems(before: &JudgedRun, after: &JudgedRun) -> Vec<Problem> {
    let mut all = of_runs(before, after);
    all.extend(of_scenarios(before, after));
    all.sort_by_key(|problem| match problem.seen {
        Seen::After => 0,
        Seen::Before => 1,
        Seen::Both => 2,
    });
    all
}

/// Problems of the runs themselves, compared without volatile values such as pod names and instants.
fn of_runs(before: &JudgedRun, after: &JudgedRun) -> Vec<Problem> {
    let bare = |reason: &String| masked(reason, Mask::IdentitiesAndDurations);
    let (old, new) = (&before.report.problems, &after.report.problems);
    let (known, now): (BTreeSet<_>, BTreeSet<_>) = (old.iter().map(bare).collect(), new.iter().map(bare).collect());
    let problem = |reason: &String, seen| Problem { scenario: String::new(), reason: reason.clone(), seen };
    let of_new = new.iter().map(|reason| {
        let seen = if known.contains(&bare(reason)) { Seen::Both } else { Seen::After };
        problem(reason, seen)
    });
    let gone = old.iter().filter(|reason| !now.contains(&bare(reason))).map(|reason| problem(reason, Seen::Before));
    of_new.chain(gone).collect()
}

/// Scenarios that are red without a red check in one of the runs.
fn of_scenarios(before: &JudgedRun, after: &JudgedRun) -> Vec<Problem> {
    let (old, new) = (alone(before), alone(after));
    let red = |run: &JudgedRun, id: &str| {
        run.report.scenarios.iter().any(|scenario| scenario.id == id && is_red(scenario.verdict))
    };
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let problem = |id: &String| {
        let seen = match (red(before, id), red(after, id)) {
            (true, true) => Seen::Both,
            (true, false) => Seen::Before,
            (false, _) => Seen::After,
        };
        let reason = new.get(id).or_else(|| old.get(id)).cloned().unwrap_or_default();
        Problem { scenario: id.clone(), reason, seen }
    };
    ids.into_iter().map(problem).collect()
}

/// Red scenarios without a red check, with the reason.
fn alone(run: &JudgedRun) -> BTreeMap<String, String> {
    let says_so = |scenario: &str, verdict: Verdict| {
        run.report.checks.iter().any(|check| check.scenario == scenario && check.verdict == verdict)
    };
    let scenarios = run.report.scenarios.iter();
    let scenarios = scenarios.filter(|one| is_red(one.verdict) && !says_so(&one.id, one.verdict));
    scenarios.map(|one| (one.id.clone(), format!("{}: {}", one.verdict.word(), one.reason))).collect()
}
