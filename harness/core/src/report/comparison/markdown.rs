//! A comparison as a Markdown page, for a pull request or a folder of documents. It has the same content as the table.

use std::io::Write;

use super::{
    CheckChange, LoneCheck, ProofChange, RunComparison, Seen, Timed, Turn,
    format::{self, NOTHING, brief, change, grouped, headline, idle, left_out, timed, title, value},
};
use crate::report::{
    RenderError,
    summary::{cell, code, line},
};

/// Writes the page.
///
/// # Errors
/// When the writer fails.
pub fn comparison_markdown(comparison: &RunComparison, out: &mut dyn Write) -> Result<(), RenderError> {
    let (before, after) = (&comparison.before.run.id, &comparison.after.run.id);
    writeln!(out, "# What changed from {} to {}\n", code(before), code(after))?;
    writeln!(out, "**{}.**\n", line(&headline(comparison)))?;
    writeln!(out, "- before: {}\n- after: {}\n", line(&brief(&comparison.before)), line(&brief(&comparison.after)))?;
    settings(comparison, out)?;
    problems(comparison, out)?;
    changes(comparison, Turn::NewlyRed, out)?;
    let (red, not_red): (Vec<&LoneCheck>, Vec<&LoneCheck>) =
        comparison.only_after.iter().partition(|check| super::pairs::is_red(check.verdict));
    lone("Only after, and red", &red, Depth::Each, out)?;
    for turn in [Turn::NoLongerPass, Turn::NewlyGreen, Turn::Other] {
        changes(comparison, turn, out)?;
    }
    sabotages(comparison, out)?;
    lone("Only before", &comparison.only_before.iter().collect::<Vec<_>>(), Depth::Scenarios, out)?;
    lone("Only after", &not_red, Depth::Scenarios, out)?;
    demands(comparison, out)?;
    facts(comparison, out)?;
    reasons(comparison, out)?;
    times(comparison, out)?;
    Ok(())
}

/// Whether a scenario that only one run has takes one line or one per check.
#[derive(Clone, Copy)]
enum Depth {
    Each,
    Scenarios,
}

type Written = std::io::Result<()>;

/// A title and the head of a table.
fn table(out: &mut dyn Write, title: &str, head: &[&str]) -> Written {
    writeln!(out, "## {title}\n\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()))
}

fn settings(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if !comparison.settings.is_empty() {
        table(out, "The runs differ in", &["", "Before", "After"])?;
        for setting in &comparison.settings {
            writeln!(out, "| {} | {} | {} |", cell(&setting.name), cell(&setting.before), cell(&setting.after))?;
        }
        writeln!(out)?;
    }
    if !comparison.versions.is_empty() {
        table(out, "Versions", &["", "Before", "After"])?;
        for version in &comparison.versions {
            let [before, after] =
                [&version.before, &version.after].map(|text| cell(&value(text.as_deref().unwrap_or(NOTHING))));
            writeln!(out, "| {} | {before} | {after} |", cell(&version.what))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn problems(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if comparison.problems.is_empty() {
        return Ok(());
    }
    table(out, "Wrong with a run or a scenario by itself", &["", "Seen", "Reason"])?;
    for problem in &comparison.problems {
        let seen = match problem.seen {
            Seen::After => "**only after**",
            Seen::Before => "only before",
            Seen::Both => "before and after",
        };
        let what = if problem.scenario.is_empty() { "the run itself".to_owned() } else { code(&problem.scenario) };
        writeln!(out, "| {what} | {seen} | {} |", cell(&problem.reason))?;
    }
    writeln!(out)
}

fn changes(comparison: &RunComparison, turn: Turn, out: &mut dyn Write) -> Written {
    let changes: Vec<&CheckChange> = comparison.turned(turn).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let title = format!("{} {}", changes.len(), title(turn));
    table(out, &title, &["", "Check", "Requirements", "Verdict", "Reason before", "Reason after"])?;
    for one in changes {
        let other = if one.other_demand { " (other demand)" } else { "" };
        writeln!(
            out,
            "| {} | {}{other} | {} | {} | {} | {} |",
            one.after.symbol(),
            code(&one.id),
            cell(&one.requirements.join(", ")),
            change(Some(one.before.word()), Some(one.after.word())),
            cell(&one.reason_before),
            cell(&one.reason_after)
        )?;
    }
    writeln!(out)
}

fn lone(title: &str, checks: &[&LoneCheck], depth: Depth, out: &mut dyn Write) -> Written {
    if checks.is_empty() {
        return Ok(());
    }
    let (scenarios, rest) = match depth {
        Depth::Each => (Vec::new(), checks.to_vec()),
        Depth::Scenarios => grouped(checks),
    };
    writeln!(out, "## {title}\n")?;
    for scenario in &scenarios {
        writeln!(out, "- {}", line(scenario))?;
    }
    if !scenarios.is_empty() {
        writeln!(out)?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    writeln!(out, "| | Check | Verdict | Reason |\n|---|---|---|---|")?;
    for check in rest {
        let (symbol, word) = (check.verdict.symbol(), check.verdict.word());
        writeln!(out, "| {symbol} | {} | {word} | {} |", code(&check.id), cell(&check.reason))?;
    }
    writeln!(out)
}

fn sabotages(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if comparison.sabotages.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Sabotages that changed\n")?;
    if let Some(text) = idle(comparison) {
        writeln!(out, "{text}.\n")?;
    }
    let changed: Vec<&ProofChange> = comparison.sabotages.iter().filter(|one| !one.is_idle()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "| Sabotage | Before | After | Reason |\n|---|---|---|---|")?;
    for one in changed {
        let [before, after] =
            [&one.before, &one.after].map(|shown| shown.as_ref().map_or(NOTHING, |shown| one.kind.word(shown.proof)));
        let after = if one.is_newly_red() { format!("**{after}**") } else { after.to_owned() };
        let reason = one.after.as_ref().or(one.before.as_ref()).map(|shown| cell(&shown.reason)).unwrap_or_default();
        writeln!(out, "| {} | {before} | {after} | {reason} |", code(&one.id))?;
    }
    writeln!(out)
}

fn demands(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if comparison.demands.is_empty() {
        return Ok(());
    }
    table(out, "Checks of which the runs do not demand the same", &["Check", "Before", "After"])?;
    for demand in &comparison.demands {
        writeln!(out, "| {} | {} | {} |", code(&demand.id), cell(&demand.before), cell(&demand.after))?;
    }
    writeln!(out)
}

fn facts(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if !comparison.facts.is_empty() {
        table(out, "Other facts with the same verdict", &["", "Check", "Fact", "Before", "After"])?;
        for (check, fact) in
            comparison.facts.iter().flat_map(|check| check.changes.iter().map(move |fact| (check, fact)))
        {
            let [before, after] =
                [&fact.before, &fact.after].map(|text| cell(&value(text.as_deref().unwrap_or(NOTHING))));
            let (symbol, id, path) = (check.verdict.symbol(), code(&check.id), cell(&fact.path));
            writeln!(out, "| {symbol} | {id} | {path} | {before} | {after} |")?;
        }
        writeln!(out)?;
    }
    if let Some(text) = left_out(comparison.left_out) {
        writeln!(out, "_{}._\n", line(&text))?;
    }
    Ok(())
}

fn reasons(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    if comparison.reasons.is_empty() {
        return Ok(());
    }
    table(out, "Other reasons for the same verdict", &["", "Check", "Verdict", "Before", "After"])?;
    for one in &comparison.reasons {
        let (symbol, word) = (one.verdict.symbol(), one.verdict.word());
        writeln!(out, "| {symbol} | {} | {word} | {} | {} |", code(&one.id), cell(&one.before), cell(&one.after))?;
    }
    writeln!(out)
}

fn times(comparison: &RunComparison, out: &mut dyn Write) -> Written {
    writeln!(out, "## Times\n\n| | Before | After | Difference |\n|---|--:|--:|--:|")?;
    let (timed, untimed) = timed(&comparison.times);
    for time in timed {
        let what = match &time.what {
            Timed::Run => "the run".to_owned(),
            Timed::Phase(name) => cell(name),
            Timed::Scenario(id) => code(id),
        };
        let [before, after, difference] = format::times(time);
        writeln!(out, "| {what} | {before} | {after} | {difference} |")?;
    }
    if untimed > 0 {
        writeln!(out, "\n{} not run.", format::count(untimed, "scenario"))?;
    }
    Ok(())
}
