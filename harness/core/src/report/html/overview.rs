//! The first screen: what was examined, why the decision is what it is, and the numbers behind it.

use serde::Serialize;
use serde_json::Value;

use super::badge::Badge;
use crate::{
    report::{Baseline, Report, detection, format, groups::Group, headline},
    support::State,
    verdict::{ConformanceStatus, Proof, Verdict},
};

/// One reason of the decision.
#[derive(Debug, Serialize)]
pub(super) struct Reason {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    pub text: String,
    /// How many checks, and which requirements; may be empty.
    pub note: String,
    /// The place of the page that says more; may be empty.
    pub place: String,
}

/// The reasons, worst first: causes, or what a conformant run rests on.
pub(super) fn reasons(report: &Report, groups: &[Group<'_>]) -> Vec<Reason> {
    let plain = |badge, text: &str| Reason {
        badge,
        text: format::clipped(text, LONG),
        note: String::new(),
        place: String::new(),
    };
    let problems = report.problems.iter().map(|problem| plain(Some(Verdict::Broken.into()), problem));
    let open = |group: &Group<'_>| group.verdict != Verdict::Finding;
    let causes = groups.iter().enumerate().filter(|(_, group)| open(group)).map(|(index, group)| Reason {
        badge: Some(group.verdict.into()),
        text: format::clipped(&group.headline, LONG),
        note: note(group),
        place: format!("cause-{index}"),
    });
    let mut reasons: Vec<Reason> = Vec::new();
    if !report.run.client_faults.is_empty() {
        reasons.extend(report.decision.because.first().map(|warning| plain(Some(Verdict::Broken.into()), warning)));
    }
    let warned = reasons.len();
    if report.decision.result != ConformanceStatus::Conformant {
        // Causes are sorted, worst first: a failure of the product comes before a problem of the run.
        let failed = groups.iter().filter(|group| group.verdict == Verdict::Fail).count();
        let mut causes: Vec<Reason> = causes.collect();
        let rest = causes.split_off(failed);
        reasons.extend(causes.into_iter().chain(problems).chain(rest));
    }
    if reasons.len() == warned {
        let told = report.decision.because.iter().skip(warned);
        reasons.extend(told.filter(|line| !line.contains(RECORDED)).map(|line| plain(None, line)));
    }
    let recorded: Vec<&Group<'_>> = groups.iter().filter(|group| !open(group)).collect();
    if !recorded.is_empty() {
        let checks: usize = recorded.iter().map(|group| group.checks.len()).sum();
        reasons.push(Reason {
            badge: Some(Verdict::Finding.into()),
            text: format!(
                "{} that the scenarios have on record, seen by {}",
                format::count(recorded.len(), "violation"),
                format::count(checks, "check")
            ),
            note: String::new(),
            place: "failures".to_owned(),
        });
    }
    reasons
}

/// How the judge words a finding in the reasons of a conformant run.
const RECORDED: &str = " is not met, as recorded: ";
/// Maximum number of letters of a reason on the first screen.
const LONG: usize = 220;

/// `3 checks, MESH-01, let in by …`.
fn note(group: &Group<'_>) -> String {
    let mut parts = Vec::new();
    match group.checks.as_slice() {
        [] => {}
        [one] => parts.push(one.id.clone()),
        [first, rest @ ..] => parts.push(format!("{} and {}", first.id, format::count(rest.len(), "more check"))),
    }
    parts.extend(format::some(&group.requirements, 4));
    parts.extend(group.let_in.first().map(|one| format!("let in by {}", one.text())));
    parts.join(" · ")
}

/// A fact about what was examined.
#[derive(Debug, Serialize)]
pub(super) struct Slot {
    pub name: &'static str,
    pub value: String,
    pub detail: String,
}

/// Only what the record knows has a slot.
pub(super) fn slots(report: &Report) -> Vec<Slot> {
    let run = &report.run;
    let slot = |name, value: String, detail: String| Slot { name, value, detail };
    let fact = |topic: &str| report.environment.get(topic).map(super::facts::plain);
    let mut slots = Vec::new();
    slots.extend(fact("subject").map(|value| slot("Subject", format::clipped(&value, LONG), String::new())));
    slots.extend(fact("signed-by").map(|value| slot("Signed by", format::clipped(&value, LONG), String::new())));
    slots.push(slot("World", run.world.clone(), run.world_detail.clone()));
    slots.extend(headline::stack(report).map(|name| slot("Stack", name.to_owned(), String::new())));
    slots.push(slot("Run", run.id.clone(), run.started.map(format::instant).unwrap_or_default()));
    let took = format::run_duration(run).unwrap_or_else(|| "not ended".to_owned());
    slots.push(slot("Took", took, String::new()));
    slots.push(slot("Exit code", report.exit_code.to_string(), report.exit_meaning.clone()));
    let accounted = format!("{} accounted for", report.plan.accounted);
    slots.push(slot("Checks", report.plan.checks.to_string(), accounted));
    slots
}

/// An examined version, marked by its support.
#[derive(Debug, Serialize)]
pub(super) struct Version {
    pub symbol: char,
    pub word: &'static str,
    pub name: String,
    pub says: String,
}

pub(super) fn versions(report: &Report) -> Vec<Version> {
    let judged = report.support.iter().flat_map(|support| &support.versions).map(|one| {
        let mark = match one.state {
            State::Ended => Verdict::Finding,
            State::Unconfirmed | State::Unknown => Verdict::Unknown,
            State::Supported => Verdict::Pass,
        };
        let says = format!("{}: {}", one.state.word(), one.says);
        Version { symbol: mark.symbol(), word: mark.word(), name: one.name(), says }
    });
    let mut versions: Vec<Version> = judged.collect();
    if let (true, Some(Value::Object(components))) = (versions.is_empty(), report.environment.get("components")) {
        versions.extend(components.iter().map(|(name, version)| Version {
            symbol: ' ',
            word: "",
            name: format!("{name} {}", super::facts::plain(version)),
            says: String::new(),
        }));
    }
    // Ended and unknown support comes first; equals stay in alphabetical order.
    versions.sort_by_key(|version| version.word == Verdict::Pass.word());
    versions
}

/// The detection rate of sabotages.
#[derive(Debug, Serialize)]
pub(super) struct Rate {
    pub proven: usize,
    pub tried: usize,
    pub percent: usize,
    /// What of the rest is known.
    pub rest: String,
    pub line: String,
}

/// `None` for a run that tried no sabotage.
pub(super) fn rate(report: &Report) -> Option<Rate> {
    let line = detection::line(report).filter(|_| detection::tried(report))?;
    let of = |proof| report.sabotages.iter().filter(|one| one.proof == proof).count();
    let proven = of(Proof::Proven);
    let bad = [Proof::Toothless, Proof::WrongReason, Proof::Unconfirmed];
    let tried = proven + bad.iter().map(|proof| of(*proof)).sum::<usize>();
    let rest = bad.iter().filter(|proof| of(**proof) > 0);
    let rest = rest.map(|proof| format!("{} {}", of(*proof), proof.word())).collect::<Vec<_>>().join(", ");
    Some(Rate { proven, tried, percent: proven * 100 / tried.max(1), rest, line })
}

/// What is new since the baseline.
#[derive(Debug, Serialize)]
pub(super) struct News {
    pub run: String,
    pub line: String,
    pub red: Vec<Red>,
    pub red_more: usize,
    pub green: Vec<String>,
    pub no_longer_pass: Vec<String>,
    pub differs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Red {
    pub badge: Badge,
    pub what: String,
    pub reason: String,
}

/// `None` for a report without a baseline.
pub(super) fn news(report: &Report) -> Option<News> {
    let baseline: &Baseline = report.baseline.as_ref()?;
    let red = baseline.newly_red.iter().take(MOST).map(|one| Red {
        badge: one.verdict.into(),
        what: one.what.clone(),
        reason: format::clipped(&one.reason, LONG),
    });
    Some(News {
        run: baseline.run.clone(),
        line: baseline.line(),
        red: red.collect(),
        red_more: baseline.newly_red.len().saturating_sub(MOST),
        green: format::listed(&baseline.newly_green, MOST),
        no_longer_pass: format::listed(&baseline.no_longer_pass, MOST),
        differs: format::listed(&baseline.differs, MOST),
    })
}

/// Maximum number of items of a list on the first screen.
const MOST: usize = 8;
