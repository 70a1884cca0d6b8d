//! The live output of a run: a line per phase, a line per scenario.
//!
//! Verdicts come from the judge; this module only renders them.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write},
};

use mtls_core::{
    evidence::{
        event::{Ending, Entry, Event},
        plan::Plan,
    },
    scenario::trial::scenario_under,
    verdict::{CheckVerdict, Ended, Live, Proof, Verdict, worst},
};
use parking_lot::Mutex;
use serde_json::Value;

/// Shows events as lines on standard output.
pub(crate) struct Terminal {
    live: Mutex<Live>,
    output: Output,
}

/// The kind of output: only a terminal shows what has started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    File,
    Terminal,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let output = if std::io::stdout().is_terminal() { Output::Terminal } else { Output::File };
        Self { live: Mutex::default(), output }
    }

    pub(crate) fn show(&self, entry: &Entry) {
        // Standard output is locked only while writing: a slow reader does not delay a verdict.
        let ended = self.live.lock().take(entry);
        let lines = lines(&entry.event, ended.as_ref(), self.output);
        // A closed terminal must not end a run.
        let _ = std::io::stdout().lock().write_all(lines.as_bytes());
    }
}

/// The lines of an event, each with its end.
fn lines(event: &Event, ended: Option<&Ended>, output: Output) -> String {
    match event {
        Event::RunStarted { run, world, world_detail, .. } => {
            format!("run {run} in the {world} world ({world_detail})\n")
        }
        Event::Sabotaged { client_faults } => {
            format!("the reference client is sabotaged: {}\n", client_faults.join(", "))
        }
        Event::Planned { plan } => promise(plan),
        Event::PhaseEnded { phase, result: Ending::Done, took_ms } => format!("{}\n", timed(phase, *took_ms)),
        Event::PhaseEnded { phase, result, .. } => format!("  {phase}: {result}\n"),
        Event::ScenarioStarted { scenario } if output == Output::Terminal && scenario_under(scenario).is_none() => {
            format!("▸ {scenario}\n")
        }
        // Scenarios that run again under a sabotage have no line; the sabotage has one.
        Event::ScenarioEnded { scenario, .. } if scenario_under(scenario).is_some() => String::new(),
        Event::ScenarioEnded { scenario, ending, took_ms } => {
            let (verdict, text) = ended.map_or_else(|| (worst([]), "not in the plan".to_owned()), summary);
            let line = format!("{} {scenario:<44} {:>8}  {text}\n", verdict.symbol(), seconds(*took_ms));
            if *ending == Ending::Done { line } else { format!("{line}    {ending}\n") }
        }
        Event::Environment { facts } => environment(facts),
        Event::Leftover { what } => format!("{} left behind: {what}\n", Verdict::Broken.symbol()),
        Event::EvidenceWithheld { scenario, media_type, bytes } => {
            let mark = Verdict::Broken.symbol();
            format!("{mark} evidence withheld in {scenario}: {media_type}, {bytes} bytes, holds a key or a token\n")
        }
        Event::ChangeAnnounced { .. }
        | Event::ChangesUndone { .. }
        | Event::Marked { .. }
        | Event::Observed { .. }
        | Event::RunEnded { .. }
        | Event::ScenarioStarted { .. }
        | Event::StepEnded { .. } => String::new(),
        Event::WaiversRead { file, waivers, .. } => format!("  waivers: {} of {file}\n", waivers.len()),
    }
}

/// The line of a phase, without its end.
pub(crate) fn timed(phase: &str, took_ms: u64) -> String {
    format!("  {phase:<44} {:>8}", seconds(took_ms))
}

fn promise(plan: &Plan) -> String {
    let checks: usize = plan.scenarios.iter().map(|scenario| scenario.checks.len()).sum();
    let tried = plan.sabotages.iter().filter(|sabotage| sabotage.tried).count();
    let tried = if tried == 0 { String::new() } else { format!(", {tried} sabotages") };
    let wild = if plan.wild.is_empty() { String::new() } else { format!(", {} changes", plan.wild.len()) };
    format!("plan: {} scenarios, {checks} checks{tried}{wild}\n", plan.scenarios.len())
}

/// The fact with the set of versions.
const STACK: &str = "stack";
/// The fact with the limitations of a run.
const LIMITS: &str = "honesty";

fn environment(facts: &BTreeMap<String, Value>) -> String {
    let stack = facts.get(STACK).and_then(|stack| stack["name"].as_str()).map(|name| ("stack", name));
    let limits = facts.get(LIMITS).and_then(Value::as_array).into_iter().flatten();
    let limits = limits.filter_map(Value::as_str).map(|limit| ("note", limit));
    let lines: Vec<String> =
        stack.into_iter().chain(limits).map(|(what, line)| format!("  {what}: {line}\n")).collect();
    lines.concat()
}

/// The result, as one verdict and a few words.
fn summary(ended: &Ended) -> (Verdict, String) {
    match ended {
        Ended::Change(change) => (change.shown_as(), change.reason.clone()),
        Ended::Sabotage(sabotage) => {
            let text = match sabotage.proof {
                Proof::Proven => format!("proven: {} turned red", sabotage.red.len()),
                proof => format!("{}: {}", proof.word(), sabotage.reason),
            };
            (sabotage.proof.shown_as(), text)
        }
        Ended::Scenario(scenario, checks) => (scenario.verdict, counts(checks)),
    }
}

/// `1 fail, 31 pass`.
fn counts(checks: &[CheckVerdict]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for check in checks {
        *counts.entry(check.verdict.word()).or_default() += 1;
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Milliseconds as seconds with one digit.
pub(crate) fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use mtls_core::{
        evidence::event::{Ending, Event},
        verdict::{SabotageVerdict, ScenarioVerdict},
    };

    use super::*;

    const ID: &str = "strict/enforcement-grid";

    fn scenario(verdict: Verdict) -> Ended {
        let scenario = ScenarioVerdict {
            id: ID.to_owned(),
            title: String::new(),
            says: String::new(),
            file: String::new(),
            verdict,
            reason: String::new(),
            checks: 0,
            took_ms: None,
            steps: Vec::new(),
        };
        Ended::Scenario(scenario, Vec::new())
    }

    fn sabotage(proof: Proof) -> Ended {
        Ended::Sabotage(SabotageVerdict {
            id: String::new(),
            scenario: ID.to_owned(),
            says: String::new(),
            library: None,
            proof,
            reason: "nobody looked".to_owned(),
            red: Vec::new(),
            green: Vec::new(),
            requirements: Vec::new(),
            took_ms: None,
        })
    }

    fn over(scenario: &str, ending: Ending, ended: Option<&Ended>) -> String {
        lines(&Event::ScenarioEnded { scenario: scenario.to_owned(), ending, took_ms: 2_749 }, ended, Output::File)
    }

    #[test]
    fn every_verdict_has_the_mark_that_reports_give_it() {
        for verdict in Verdict::ALL {
            let line = over(ID, Ending::Done, Some(&scenario(verdict)));
            assert!(line.starts_with(&format!("{} {ID} ", verdict.symbol())), "{line}");
            assert!(line.trim_end().ends_with("2.7 s"), "{line}");
        }
        for proof in Proof::ALL {
            let line = over(ID, Ending::Done, Some(&sabotage(proof)));
            assert!(line.starts_with(proof.shown_as().symbol()), "{line}");
            assert!(line.contains(proof.word()), "{line}");
        }
    }

    #[test]
    fn an_ending_that_is_not_as_planned_has_a_line() {
        let broken = Ending::Broken { reason: "no answer".to_owned() };
        let text = over(ID, broken.clone(), Some(&scenario(Verdict::Broken)));
        assert_eq!(text.lines().nth(1), Some("    broken: no answer"));
        let phase = Event::PhaseEnded { phase: "world".to_owned(), result: broken, took_ms: 1 };
        assert_eq!(lines(&phase, None, Output::File), "  world: broken: no answer\n");
    }

    #[test]
    fn only_a_terminal_sees_what_has_begun_and_only_a_change_what_ran_under_it() {
        let begun = |id: &str| Event::ScenarioStarted { scenario: id.to_owned() };
        assert_eq!(lines(&begun(ID), None, Output::Terminal), format!("▸ {ID}\n"));
        assert_eq!(lines(&begun(ID), None, Output::File), "");
        let under = format!("{ID}!wild-open");
        assert_eq!(lines(&begun(&under), None, Output::Terminal), "");
        assert_eq!(over(&under, Ending::Done, None), "");
        assert!(over(ID, Ending::Done, None).contains("not in the plan"));
    }
}
