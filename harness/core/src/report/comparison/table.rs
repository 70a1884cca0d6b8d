//! A comparison in a terminal: the two runs, their settings, checks that became red, and the other differences.

use super::{
    CheckChange, LoneCheck, RunComparison, Seen, Timed, Turn,
    format::{NOTHING, brief, change, count, grouped, headline, idle, left_out, timed, times, title},
};
use crate::{
    report::{
        Style,
        table::{hanging, paint, wrap},
    },
    verdict::Verdict,
};

/// Renders the comparison. Empty sections are left out; the last line but one is the summary.
#[must_use]
pub fn comparison_table(comparison: &RunComparison, style: Style<'_>) -> String {
    let mut page = Page { lines: Vec::new(), style };
    page.heads(comparison);
    page.problems(comparison);
    let red: Vec<&CheckChange> = comparison.turned(Turn::NewlyRed).collect();
    page.changes(Turn::NewlyRed, &red);
    let arrived: Vec<&LoneCheck> = comparison.arrived_red().collect();
    page.lone("only after, and red", &arrived, Depth::Reasons);
    for turn in [Turn::NoLongerPass, Turn::NewlyGreen, Turn::Other] {
        let changes: Vec<&CheckChange> = comparison.turned(turn).collect();
        page.changes(turn, &changes);
    }
    page.sabotages(comparison);
    page.lone("only before", &comparison.only_before.iter().collect::<Vec<_>>(), Depth::Verdicts);
    let not_red = comparison.only_after.iter().filter(|check| !arrived.contains(check));
    page.lone("only after", &not_red.collect::<Vec<_>>(), Depth::Verdicts);
    page.demands(comparison);
    page.facts(comparison);
    page.reasons(comparison);
    page.times(comparison);
    page.blank();
    let verdict = if comparison.is_newly_red() { Verdict::Fail } else { Verdict::Pass };
    for line in hanging(&headline(comparison), style) {
        page.lines.push(paint(style, verdict, &line));
    }
    page.lines.push(format!("report of the run after: {}", style.report));
    page.lines.join("\n") + "\n"
}

struct Page<'a> {
    lines: Vec<String>,
    style: Style<'a>,
}

/// Detail of a check that only one run has.
#[derive(Clone, Copy)]
enum Depth {
    Reasons,
    Verdicts,
}

impl Page<'_> {
    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    fn title(&mut self, text: &str) {
        self.blank();
        self.lines.push(text.to_owned());
    }

    fn text(&mut self, text: &str) {
        self.lines.extend(wrap(text, self.style));
    }

    fn check(&mut self, verdict: Verdict, text: &str) {
        self.lines.push(paint(self.style, verdict, &format!("{} {text}", verdict.symbol())));
    }

    fn heads(&mut self, comparison: &RunComparison) {
        self.lines.extend(hanging(&format!("before: {}", brief(&comparison.before)), self.style));
        self.lines.extend(hanging(&format!("after: {}", brief(&comparison.after)), self.style));
        if !comparison.settings.is_empty() {
            self.title("the runs differ in");
        }
        for setting in &comparison.settings {
            self.text(&format!("{}: {}", setting.name, change(Some(&setting.before), Some(&setting.after))));
        }
        if !comparison.versions.is_empty() {
            self.title("versions");
        }
        for version in &comparison.versions {
            let changed = change(version.before.as_deref(), version.after.as_deref());
            self.text(&format!("{}: {changed}", version.what));
        }
    }

    fn problems(&mut self, comparison: &RunComparison) {
        if comparison.problems.is_empty() {
            return;
        }
        self.title("wrong with a run or a scenario by itself");
        for problem in &comparison.problems {
            let seen = match problem.seen {
                Seen::After => "only after",
                Seen::Before => "only before",
                Seen::Both => "before and after",
            };
            let what = if problem.scenario.is_empty() { "the run itself" } else { &problem.scenario };
            let verdict = if problem.seen == Seen::Before { Verdict::Pass } else { Verdict::Broken };
            self.check(verdict, &format!("{what}  {seen}"));
            self.text(&problem.reason);
        }
    }

    fn changes(&mut self, turn: Turn, changes: &[&CheckChange]) {
        if changes.is_empty() {
            return;
        }
        self.title(&format!("{} {}", changes.len(), title(turn)));
        let mut given: Vec<(&str, &str)> = Vec::new();
        for one in changes {
            let requirements = match one.requirements.as_slice() {
                [] => String::new(),
                ids => format!("  ({})", ids.join(", ")),
            };
            let turned = change(Some(one.before.word()), Some(one.after.word()));
            self.check(one.after, &format!("{}  {turned}{requirements}", one.id));
            if one.other_demand {
                self.text("the runs do not demand the same of it: see below");
            }
            let reasons = (one.reason_before.as_str(), one.reason_after.as_str());
            if given.contains(&reasons) {
                self.text("for the same reason");
                continue;
            }
            given.push(reasons);
            self.text(&one.reason_after);
            self.text(&format!("before: {}", one.reason_before));
        }
    }

    fn lone(&mut self, title: &str, checks: &[&LoneCheck], depth: Depth) {
        if checks.is_empty() {
            return;
        }
        self.title(&format!("{} {title}", count(checks.len(), "check")));
        let (scenarios, rest) = match depth {
            Depth::Reasons => (Vec::new(), checks.to_vec()),
            Depth::Verdicts => grouped(checks),
        };
        for scenario in scenarios {
            self.text(&scenario);
        }
        for check in rest {
            self.check(check.verdict, &format!("{}  {}", check.id, check.verdict.word()));
            match depth {
                Depth::Reasons => self.text(&check.reason),
                Depth::Verdicts => {}
            }
        }
    }

    fn sabotages(&mut self, comparison: &RunComparison) {
        if comparison.sabotages.is_empty() {
            return;
        }
        self.title("sabotages that changed");
        for one in comparison.sabotages.iter().filter(|one| !one.is_idle()) {
            let [before, after] = [&one.before, &one.after]
                .map(|shown| shown.as_ref().map_or(NOTHING, |shown| one.kind.word(shown.proof)));
            let verdict = if one.is_newly_red() { Verdict::Fail } else { Verdict::Unknown };
            self.check(verdict, &format!("{}  {}", one.id, change(Some(before), Some(after))));
            if let Some(shown) = one.after.as_ref().or(one.before.as_ref()) {
                self.text(&shown.reason);
            }
        }
        if let Some(text) = idle(comparison) {
            self.text(&text);
        }
    }

    fn demands(&mut self, comparison: &RunComparison) {
        if comparison.demands.is_empty() {
            return;
        }
        self.title(&format!("{} of which the runs do not demand the same", count(comparison.demands.len(), "check")));
        for demand in &comparison.demands {
            self.lines.push(format!("≠ {}", demand.id));
            self.text(&format!("before: {}", demand.before));
            self.text(&format!("after: {}", demand.after));
        }
    }

    fn facts(&mut self, comparison: &RunComparison) {
        if !comparison.facts.is_empty() {
            self.title(&format!("{} with the same verdict saw other facts", count(comparison.facts.len(), "check")));
        }
        for check in &comparison.facts {
            self.check(check.verdict, &format!("{}  {}", check.id, check.verdict.word()));
            for fact in &check.changes {
                let changed = change(fact.before.as_deref(), fact.after.as_deref());
                self.text(&format!("{}: {changed}", fact.path));
            }
        }
        if let Some(text) = left_out(comparison.left_out) {
            self.blank();
            self.lines.extend(hanging(&text, self.style));
        }
    }

    fn reasons(&mut self, comparison: &RunComparison) {
        if comparison.reasons.is_empty() {
            return;
        }
        self.title(&format!("{} with the same verdict for another reason", count(comparison.reasons.len(), "check")));
        for check in &comparison.reasons {
            self.check(check.verdict, &format!("{}  {}", check.id, check.verdict.word()));
            self.text(&check.after);
            self.text(&format!("before: {}", check.before));
        }
    }

    fn times(&mut self, comparison: &RunComparison) {
        self.blank();
        self.lines.push(format!("{:WHAT$}{:>TIME$}{:>TIME$}{:>TIME$}", "time", "before", "after", "difference"));
        let (timed, untimed) = timed(&comparison.times);
        for time in timed {
            let what = match &time.what {
                Timed::Run => "the run",
                Timed::Phase(name) | Timed::Scenario(name) => name,
            };
            let [before, after, difference] = times(time);
            self.lines
                .push(format!("{what:WHAT$}{before:>TIME$}{after:>TIME$}{difference:>TIME$}").trim_end().to_owned());
        }
        if untimed > 0 {
            self.lines.push(format!("{} not run", count(untimed, "scenario")));
        }
    }
}

/// Width of the names and of the times beside them.
const WHAT: usize = 46;
const TIME: usize = 13;
