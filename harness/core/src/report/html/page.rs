//! The whole page: its sections and their texts.

use serde::Serialize;

use super::{
    badge::Badge,
    cases::{CaseTable, case_tables},
    detection::{DetectionTable, UnscriptedTable, detection_table, unscripted_table},
    documented_commands::{DocumentedCommandRow, printed_rows},
    facts::{FactBlock, Limitations, fact_blocks, limitations},
    failures::{Failure, failures},
    grid::{Grid, grids},
    ledgers::{LedgerTable, ledger_table},
    matrix::{Area, areas, unexamined},
};
use crate::{
    report::{
        Report, case_grids, format, headline,
        support::support_lines,
        timeline::{Timeline, timelines},
        withheld::withheld_lines,
    },
    verdict::{CheckVerdict, ConformanceStatus, Verdict},
};

#[derive(Debug, Serialize, askama::Template)]
#[template(path = "report.html")]
pub struct Page {
    pub(super) result: String,
    pub(super) badge: Badge,
    pub(super) run: String,
    pub(super) world: String,
    pub(super) world_detail: String,
    /// The name of the version set, in a world that the harness installed.
    pub(super) stack: Option<String>,
    pub(super) harness: String,
    pub(super) command: String,
    pub(super) started: String,
    pub(super) took: String,
    pub(super) exit_code: u8,
    pub(super) exit_meaning: String,
    pub(super) because: Vec<String>,
    pub(super) because_more: usize,
    pub(super) why: String,
    /// Support windows of the examined versions; those past their end come first.
    pub(super) support: Vec<SupportLine>,
    /// Withheld evidence, and why it was withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) withheld: Vec<String>,
    pub(super) counts: Vec<Count>,
    pub(super) plan_digest: String,
    pub(super) planned: usize,
    pub(super) accounted: usize,
    pub(super) areas: Vec<Area>,
    pub(super) unexamined: Vec<Area>,
    pub(super) unexamined_count: usize,
    pub(super) grids: Vec<Grid>,
    pub(super) cases: Vec<CaseTable>,
    pub(super) timelines: Vec<Timeline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ledgers: Option<LedgerTable>,
    pub(super) printed: Vec<DocumentedCommandRow>,
    pub(super) failures: Vec<Failure>,
    pub(super) power: Option<DetectionTable>,
    pub(super) wild: Option<UnscriptedTable>,
    pub(super) scenarios: Vec<ScenarioBlock>,
    pub(super) honesty: Limitations,
    pub(super) facts: Vec<FactBlock>,
    pub(super) times: Vec<Time>,
    /// The badge of the run's problems.
    pub(super) run_badge: Badge,
    pub(super) problems: Vec<String>,
    pub(super) leftovers: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct SupportLine {
    pub badge: Badge,
    pub text: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub badge: Badge,
    pub number: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct ScenarioBlock {
    pub id: String,
    pub title: String,
    pub says: String,
    pub file: String,
    pub badge: Badge,
    pub reason: String,
    pub took: String,
    /// Whether the block starts unfolded.
    pub unfolded: bool,
    pub checks: Vec<CheckRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct CheckRow {
    pub id: String,
    /// The id without the scenario in front.
    pub name: String,
    pub badge: Badge,
    pub says: String,
    pub requirements: String,
    pub expected: String,
    pub observed: String,
    pub reason: String,
    pub when: String,
    pub samples: usize,
    pub time: String,
    pub flaky: bool,
}

/// A bar in the table of times.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    pub name: String,
    pub ending: String,
    pub took: String,
    pub percent: u64,
}

impl Page {
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let run = &report.run;
        let shown = report.decision.because.iter().take(BECAUSE).cloned().collect();
        Self {
            result: format::sentence(&headline::conformance_status(report)),
            badge: match report.decision.result {
                ConformanceStatus::Conformant => report.verdict.max(Verdict::Pass).into(),
                ConformanceStatus::NotConformant => Verdict::Fail.into(),
                // A run that decides nothing must not look like one that passed.
                ConformanceStatus::CannotSay => report.verdict.max(Verdict::Vacuous).into(),
            },
            run: run.id.clone(),
            world: run.world.clone(),
            world_detail: run.world_detail.clone(),
            stack: headline::stack(report).map(str::to_owned),
            harness: run.harness.clone(),
            command: format!("cargo xtask {}", run.arguments.join(" ")),
            started: run.started.map(format::instant).unwrap_or_default(),
            took: format::run_duration(run).unwrap_or_else(|| "not ended".to_owned()),
            exit_code: report.exit_code,
            exit_meaning: report.exit_meaning.clone(),
            because: shown,
            because_more: report.decision.because.len().saturating_sub(BECAUSE),
            why: report.decision.why.clone(),
            support: support_lines(report)
                .into_iter()
                .map(|line| SupportLine { badge: line.mark.into(), text: line.text })
                .collect(),
            withheld: withheld_lines(report),
            counts: counts(report),
            plan_digest: report.plan.digest.clone(),
            planned: report.plan.checks,
            accounted: report.plan.accounted,
            areas: areas(report),
            unexamined: unexamined(report),
            unexamined_count: report.unexamined.len(),
            grids: grids(report),
            cases: case_tables(&case_grids(report)),
            timelines: timelines(report),
            ledgers: ledger_table(report),
            printed: printed_rows(report),
            failures: failures(report),
            power: detection_table(report),
            wild: unscripted_table(report),
            scenarios: scenarios(report),
            honesty: limitations(report),
            facts: fact_blocks(report),
            times: times(report),
            run_badge: Verdict::Broken.into(),
            problems: report.problems.clone(),
            leftovers: report.leftovers.clone(),
        }
    }
}

fn counts(report: &Report) -> Vec<Count> {
    let count = |verdict: Verdict| Count { badge: verdict.into(), number: report.count(verdict) };
    Verdict::ALL.into_iter().map(count).filter(|count| count.number > 0).collect()
}

fn scenarios(report: &Report) -> Vec<ScenarioBlock> {
    let block = |scenario: &crate::verdict::ScenarioVerdict| ScenarioBlock {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        says: scenario.says.clone(),
        file: scenario.file.clone(),
        badge: scenario.verdict.into(),
        reason: scenario.reason.clone(),
        took: scenario.took_ms.map(format::duration).unwrap_or_default(),
        unfolded: !scenario.verdict.is_green(),
        checks: report.checks.iter().filter(|check| check.scenario == scenario.id).map(check_row).collect(),
    };
    report.scenarios.iter().map(block).collect()
}

fn check_row(check: &CheckVerdict) -> CheckRow {
    let time = match (check.elapsed_ms, check.limit_ms) {
        (Some(elapsed), Some(limit)) => format!("{} of {}", format::duration(elapsed), format::duration(limit)),
        _ => String::new(),
    };
    CheckRow {
        id: check.id.clone(),
        name: check.id.split_once('#').map_or_else(|| check.id.clone(), |(_, name)| name.to_owned()),
        badge: check.verdict.into(),
        says: check.says.clone(),
        requirements: check.requirements.join(", "),
        expected: check.expected.clone(),
        observed: check.observed.clone(),
        reason: check.reason.clone(),
        when: check.when.clone(),
        samples: check.samples,
        time,
        flaky: check.marks.contains(&crate::verdict::Mark::Flaky),
    }
}

/// Phases, then scenarios, in the order of the record, on one scale.
fn times(report: &Report) -> Vec<Time> {
    let phases = report.phases.iter().map(|phase| (&phase.name, phase.ending.to_string(), phase.took_ms));
    let scenarios = report
        .scenarios
        .iter()
        .filter_map(|scenario| Some((&scenario.id, scenario.verdict.word().to_owned(), scenario.took_ms?)));
    let all: Vec<_> = phases.chain(scenarios).collect();
    let longest = all.iter().map(|(.., took)| *took).max().unwrap_or(0).max(1);
    let time = |(name, ending, took): (&String, String, u64)| Time {
        name: name.clone(),
        ending,
        took: format::duration(took),
        percent: took * 100 / longest,
    };
    all.into_iter().map(time).collect()
}

/// Maximum number of causes in the decision box.
const BECAUSE: usize = 6;
