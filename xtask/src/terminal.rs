//! What a run looks like while it goes on: a line per phase, a line per scenario.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use harness::{
    evidence::event::{Ending, Entry, Event},
    scenario::trial::{MARK, told_under},
    verdict::{Proof, Verdict, judge},
};
use serde_json::Value;

/// Turns events into lines. Keeps what it has seen, to show a scenario's verdict as the judge will give it.
pub(crate) struct Terminal {
    seen: Mutex<Vec<Entry>>,
    is_terminal: bool,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { seen: Mutex::default(), is_terminal: std::io::stdout().is_terminal() }
    }

    pub(crate) fn show(&self, entry: &Entry) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(entry.clone());
        let mut out = std::io::stdout().lock();
        // A closed terminal must not end a run that others wait for.
        let _ = match &entry.event {
            Event::RunStarted { run, world, world_detail, .. } => {
                writeln!(out, "run {run} in the {world} world ({world_detail})")
            }
            Event::Sabotaged { client_faults } => {
                writeln!(out, "the reference client is sabotaged: {}", client_faults.join(", "))
            }
            Event::Planned { plan } => {
                let checks: usize = plan.scenarios.iter().map(|scenario| scenario.checks.len()).sum();
                let tried = plan.sabotages.iter().filter(|sabotage| sabotage.tried).count();
                let tried = if tried == 0 { String::new() } else { format!(", {tried} sabotages") };
                let wild = if plan.wild.is_empty() { String::new() } else { format!(", {} changes", plan.wild.len()) };
                writeln!(out, "plan: {} scenarios, {checks} checks{tried}{wild}", plan.scenarios.len())
            }
            Event::PhaseEnded { phase, result: Ending::Done, took_ms } => {
                writeln!(out, "  {:<44} {:>8}", phase, seconds(*took_ms))
            }
            Event::PhaseEnded { phase, result, .. } => writeln!(out, "  {phase}: {}", reason(result)),
            Event::ScenarioStarted { scenario } if self.is_terminal && told_under(scenario).is_none() => {
                writeln!(out, "▸ {scenario}")
            }
            // The change that it is told under has a line, with all of them.
            Event::ScenarioEnded { scenario, .. } if told_under(scenario).is_some() => Ok(()),
            Event::ScenarioEnded { scenario, ending, took_ms } => {
                let verdict = proof_of(&seen, scenario).unwrap_or_else(|| verdict_of(&seen, scenario));
                writeln!(out, "{} {:<44} {:>8}  {}", verdict.0, scenario, seconds(*took_ms), verdict.1).and_then(|()| {
                    match ending {
                        Ending::Done => Ok(()),
                        other => writeln!(out, "    {}", reason(other)),
                    }
                })
            }
            Event::Environment { facts } => {
                let stack = facts.get(STACK).and_then(|stack| stack["name"].as_str()).map(|name| ("stack", name));
                let limits = facts.get(LIMITS).and_then(Value::as_array).into_iter().flatten();
                let limits = limits.filter_map(Value::as_str).map(|limit| ("note", limit));
                let mut lines = stack.into_iter().chain(limits);
                lines.try_for_each(|(what, line)| writeln!(out, "  {what}: {line}"))
            }
            Event::EvidenceWithheld { scenario, media_type, bytes } => {
                writeln!(out, "! evidence withheld in {scenario}: {media_type}, {bytes} bytes, holds a key or a token")
            }
            Event::Leftover { what } => writeln!(out, "! left behind: {what}"),
            _ => Ok(()),
        };
    }
}

/// The fact with the set of versions.
const STACK: &str = "stack";
/// The fact with what a run cannot show.
const LIMITS: &str = "honesty";

fn verdict_of(seen: &[Entry], scenario: &str) -> (char, String) {
    let judgement = judge(seen);
    let checks: Vec<_> = judgement.checks.iter().filter(|check| check.scenario == scenario).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for check in &checks {
        *counts.entry(check.verdict.word()).or_default() += 1;
    }
    let worst = harness::verdict::worst(checks.iter().map(|check| check.verdict));
    let mark = match worst {
        Verdict::Pass | Verdict::Waived => '✓',
        Verdict::NotApplicable => '–',
        Verdict::Finding => '△',
        Verdict::Fail => '✗',
        _ => '?',
    };
    (mark, counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", "))
}

/// What a trial showed; nothing for a scenario that is none.
fn proof_of(seen: &[Entry], trial: &str) -> Option<(char, String)> {
    if !trial.contains(MARK) {
        return None;
    }
    let judgement = judge(seen);
    if let Some(wild) = judgement.wild.iter().find(|wild| wild.id == trial) {
        let mark = if wild.proof.is_bad() { '△' } else { '✓' };
        return Some((mark, wild.reason.clone()));
    }
    let one = judgement.sabotages.iter().find(|sabotage| sabotage.id == trial)?;
    let text = match one.proof {
        Proof::Proven => format!("proven: {} turned red", one.red.len()),
        proof => format!("{}: {}", proof.word(), one.reason),
    };
    Some((if one.proof.is_bad() { '✗' } else { '✓' }, text))
}

fn reason(ending: &Ending) -> String {
    match ending {
        Ending::Done => "done".to_owned(),
        Ending::Interrupted => "interrupted".to_owned(),
        Ending::Broken { reason } => format!("broken: {reason}"),
        Ending::NotApplicable { reason } => format!("not applicable: {reason}"),
        Ending::OverBudget { reason } => format!("over budget: {reason}"),
    }
}

/// The line of a phase, without its end.
pub(crate) fn timed(phase: &str, took_ms: u64) -> String {
    format!("  {phase:<44} {:>8}", seconds(took_ms))
}

/// Milliseconds as seconds with one digit.
pub(crate) fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
