//! The first screen of the summary.

use std::io::Write;

use super::texts::{code, line};
use crate::{
    report::{
        RenderError, Report, detection, format,
        groups::{Group, groups},
        headline,
        support::support_lines,
        waivers::waiver_lines,
        withheld::withheld_lines,
    },
    verdict::{CheckVerdict, ConformanceStatus, Verdict},
};

/// Decision, counts, news and causes, each in few lines.
pub(super) fn top(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    decision(report, out)?;
    news(report, out)?;
    causes(report, out)?;
    Ok(())
}

fn decision(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let result = headline::conformance_status(report);
    writeln!(out, "# {} mTLS conformance: {result}\n", report.verdict.symbol())?;
    let took = format::run_duration(&report.run).map(|took| format!(" · {took}")).unwrap_or_default();
    let stack = headline::stack(report).map(|stack| format!(" · stack {}", code(stack))).unwrap_or_default();
    writeln!(
        out,
        "Run {} · world {}{stack}{took} · exit code {} ({})\n",
        code(&report.run.id),
        code(&report.run.world),
        report.exit_code,
        report.exit_meaning
    )?;
    writeln!(out, "**{}**\n", counts(report))?;
    if let Some(rate) = detection::line(report).filter(|_| detection::tried(report)) {
        writeln!(out, "{rate}\n")?;
    }
    if let Some(flaky) = headline::flaky(report) {
        writeln!(out, "{}\n", line(&format::clipped(&flaky, LONG)))?;
    }
    let mut told: Vec<String> = because(report).into_iter().map(|text| format!("- {text}")).collect();
    told.extend(withheld_lines(report).iter().map(|one| format!("- {}", line(one))));
    told.extend(support_lines(report).iter().map(|one| format!("- {} {}", one.mark.symbol(), line(&one.text))));
    let overdue = waiver_lines(report).into_iter().filter(|one| !one.mark.is_green());
    told.extend(overdue.map(|one| format!("- {} {}", one.mark.symbol(), line(&format::clipped(&one.text, LONG)))));
    let more = told.len().saturating_sub(FACTS);
    for one in told.iter().take(FACTS) {
        writeln!(out, "{one}")?;
    }
    if more > 0 {
        writeln!(out, "- and {more} more in `report.html`")?;
    }
    if !told.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "_Not a certificate: {}._\n", line(&format::clipped(&report.decision.why, LONG)))
}

/// What the causes below do not say: the run's own problems, a client that is wrong on purpose, and what a conformant run
/// rests on.
fn because(report: &Report) -> Vec<String> {
    let mut lines: Vec<&String> = Vec::new();
    let because = &report.decision.because;
    if report.decision.result == ConformanceStatus::Conformant {
        lines.extend(because.iter().filter(|line| !line.contains(" is not met, as recorded: ")));
    } else {
        lines.extend(because.first().filter(|_| !report.run.client_faults.is_empty()));
        lines.extend(&report.problems);
        if lines.is_empty() && report.causes.is_empty() {
            lines.extend(because);
        }
    }
    lines.into_iter().map(|text| line(&format::clipped(text, LONG))).collect()
}

/// What is new since the baseline; nothing without one.
fn news(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(baseline) = &report.baseline else { return Ok(()) };
    writeln!(out, "## New since {}: {}\n", code(&baseline.run), baseline.line())?;
    for one in baseline.newly_red.iter().take(NEWS) {
        let reason = line(&format::clipped(&one.reason, SHORT));
        writeln!(out, "- {} {}: {reason}", one.verdict.symbol(), code(&one.what))?;
    }
    if baseline.newly_red.len() > NEWS {
        writeln!(out, "- and {} more newly red", baseline.newly_red.len() - NEWS)?;
    }
    for (what, items) in [
        ("no longer pass", &baseline.no_longer_pass),
        ("green again", &baseline.newly_green),
        ("examined otherwise", &baseline.differs),
    ] {
        if let Some(listed) = format::some(items, NEWS) {
            writeln!(out, "- {what}: {}", line(&listed))?;
        }
    }
    writeln!(out)
}

fn causes(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let groups = groups(report);
    if groups.is_empty() {
        return Ok(());
    }
    let (recorded, open): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.verdict == Verdict::Finding);
    writeln!(out, "## What is not green\n")?;
    for group in open.iter().take(CAUSES) {
        cause(group, out)?;
    }
    if open.len() > CAUSES {
        let names: Vec<String> = open[CAUSES..].iter().map(|group| format::clipped(&group.headline, SHORT)).collect();
        writeln!(out, "- and {}: {}", format::count(names.len(), "more cause"), line(&listed(&names)))?;
    }
    for group in recorded.iter().take(FINDINGS) {
        let headline = line(&format::clipped(&group.headline, SHORT));
        writeln!(out, "- {} {headline} ({})", group.verdict.symbol(), line(&tally(group)))?;
    }
    if recorded.len() > FINDINGS {
        writeln!(out, "- △ and {} in `report.html`", format::count(recorded.len() - FINDINGS, "more finding"))?;
    }
    writeln!(out)
}

fn listed(names: &[String]) -> String {
    format::listed(names, FINDINGS).join("; ")
}

fn cause(group: &Group<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let headline = line(&format::clipped(&group.headline, LONG));
    let word = group.verdict.word();
    writeln!(out, "- {} **{word}** {headline} ({})", group.verdict.symbol(), line(&tally(group)))?;
    if let Some(object) = group.let_in.first() {
        writeln!(out, "  - let in by {}", line(&object.text()))?;
    }
    if let Some(check) = group.checks.first() {
        writeln!(out, "  - {}", example(check))?;
    }
    let scenarios: Vec<String> = group.scenarios.iter().map(|id| (*id).to_owned()).collect();
    let again: Vec<String> = format::reruns(&scenarios).iter().map(|command| code(command)).collect();
    if !again.is_empty() {
        writeln!(out, "  - again: {}", again.join(", "))?;
    }
    Ok(())
}

fn example(check: &CheckVerdict) -> String {
    let id = code(&check.id);
    if check.observed.is_empty() {
        return id;
    }
    let (expected, observed) = (format::clipped(&check.expected, SHORT), format::clipped(&check.observed, SHORT));
    format!("{id}: expected {}; observed {}", line(&expected), line(&observed))
}

/// `3 checks, MESH-01, PKI-09`.
fn tally(group: &Group<'_>) -> String {
    let number = match group.checks.len() {
        0 => format::count(group.scenarios.len(), "scenario"),
        checks => format::count(checks, "check"),
    };
    [Some(number), format::some(&group.requirements, 6)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `15 checks: 12 pass, 2 fail, 1 broken`.
pub(in crate::report) fn counts(report: &Report) -> String {
    let parts: Vec<_> = Verdict::ALL
        .into_iter()
        .filter(|verdict| report.count(*verdict) > 0)
        .map(|verdict| format!("{} {}", report.count(verdict), verdict.word()))
        .collect();
    let total = format::count(report.checks.len(), "check");
    if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) }
}

/// Numbers of items, so that all parts fit into 60 lines.
const FACTS: usize = 6;
const NEWS: usize = 4;
const CAUSES: usize = 5;
const FINDINGS: usize = 4;
/// Maximum numbers of letters of a text.
const LONG: usize = 300;
const SHORT: usize = 140;
