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
    levels::{Levels, levels},
    matrix::{Area, areas, unexamined},
    overview::{News, Rate, Reason, Slot, Version, news, rate, reasons, slots, versions},
    plots::{Plot, plots},
    rows::{ScenarioBlock, Time, scenarios, times},
    script::{SCRIPT, policy},
    waivers::{WaiverRow, waiver_rows},
};
use crate::{
    report::{
        Report, case_grids, format, groups, headline,
        support::support_lines,
        svg::{Chart, run},
        timeline::{Timeline, timelines},
        withheld::withheld_lines,
    },
    verdict::{ConformanceStatus, Verdict},
};

#[derive(Debug, Serialize, askama::Template)]
#[template(path = "report.html")]
pub struct Page {
    #[serde(skip)]
    pub(super) policy: String,
    #[serde(skip)]
    pub(super) script: &'static str,
    pub(super) result: String,
    pub(super) badge: Badge,
    pub(super) run: String,
    pub(super) harness: String,
    pub(super) command: String,
    pub(super) reasons: Vec<Reason>,
    pub(super) reasons_more: usize,
    pub(super) why: String,
    pub(super) slots: Vec<Slot>,
    pub(super) versions: Vec<Version>,
    /// Support windows that need attention.
    pub(super) support: Vec<SupportLine>,
    /// Withheld evidence, and why it was withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) withheld: Vec<String>,
    /// Waivers; those that need attention come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) waivers: Vec<WaiverRow>,
    pub(super) counts: Vec<Count>,
    pub(super) levels: Levels,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) news: Option<News>,
    pub(super) timeline: Option<Chart>,
    pub(super) plan_digest: String,
    pub(super) areas: Vec<Area>,
    pub(super) unexamined: Vec<Area>,
    pub(super) unexamined_count: usize,
    pub(super) grids: Vec<Grid>,
    pub(super) cases: Vec<CaseTable>,
    pub(super) plots: Vec<Plot>,
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

impl Page {
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let groups = groups::groups(report);
        let mut reasons = reasons(report, &groups);
        let reasons_more = reasons.len().saturating_sub(REASONS);
        reasons.truncate(REASONS);
        let attention = support_lines(report).into_iter().filter(|line| line.mark != Verdict::Pass);
        Self {
            policy: policy(),
            script: SCRIPT,
            result: format::sentence(&headline::conformance_status(report)),
            badge: match report.decision.result {
                ConformanceStatus::Conformant => report.verdict.max(Verdict::Pass).into(),
                ConformanceStatus::NotConformant => Verdict::Fail.into(),
                // A run that decides nothing must not look like one that passed.
                ConformanceStatus::CannotSay => report.verdict.max(Verdict::Vacuous).into(),
            },
            run: report.run.id.clone(),
            harness: report.run.harness.clone(),
            command: format!("cargo xtask {}", report.run.arguments.join(" ")),
            reasons,
            reasons_more,
            why: report.decision.why.clone(),
            slots: slots(report),
            versions: versions(report),
            support: attention.map(|line| SupportLine { badge: line.mark.into(), text: line.text }).collect(),
            withheld: withheld_lines(report),
            waivers: waiver_rows(report),
            counts: counts(report),
            levels: levels(report),
            rate: rate(report),
            news: news(report),
            timeline: run(report),
            plan_digest: report.plan.digest.clone(),
            areas: areas(report),
            unexamined: unexamined(report),
            unexamined_count: report.unexamined.len(),
            grids: grids(report),
            cases: case_tables(&case_grids(report)),
            plots: plots(report),
            timelines: timelines(report),
            ledgers: ledger_table(report),
            printed: printed_rows(report),
            failures: failures(report, &groups),
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

/// Maximum number of reasons on the first screen.
const REASONS: usize = 5;
