//! How reports speak of support windows: a line per version that a reader must know of, and one for the rest.
//!
//! The verdicts are the judge's; this only words and orders them.

use super::Report;
use crate::{
    support::{Party, State, Support, SupportVerdict},
    verdict::Verdict,
};

/// One line of the first page, and how it is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SupportLine {
    pub mark: Verdict,
    pub text: String,
}

/// What the first page says: each version past its end, each that nobody has confirmed lately, the names of those nobody knows, and how
/// many are supported. Nothing when nothing was examined.
pub(super) fn support_lines(report: &Report) -> Vec<SupportLine> {
    let Some(support) = &report.support else { return Vec::new() };
    if let Some(problem) = &support.problem {
        return vec![SupportLine { mark: Verdict::Unknown, text: format!("support: {problem}") }];
    }
    let line = |mark, text| SupportLine { mark, text };
    let mut lines: Vec<SupportLine> = support.ended().map(|one| line(Verdict::Finding, one.line())).collect();
    lines.extend(support.of(State::Unconfirmed).map(|one| line(Verdict::Unknown, one.line())));
    if let Some(text) = unknown(support) {
        lines.push(line(Verdict::Unknown, text));
    }
    if let Some(text) = supported(support) {
        lines.push(line(Verdict::Pass, text));
    }
    lines
}

fn unknown(support: &Support) -> Option<String> {
    let names: Vec<String> = support.of(State::Unknown).map(SupportVerdict::name).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!names.is_empty()).then(|| format!("support unknown: {}{more}", names[..names.len().min(MOST)].join(", ")))
}

/// Those with a day first, the nearest at the front: what a reader has to plan for.
fn supported(support: &Support) -> Option<String> {
    let mut supported: Vec<&SupportVerdict> = support.of(State::Supported).collect();
    supported.sort_by_key(|one| (one.until.is_none(), one.until));
    let day = support.on.map(|day| format!(" on {day}")).unwrap_or_default();
    let each = supported.iter().map(|one| format!("{}{} {}", one.name(), by(one), brief(one)));
    let each = each.collect::<Vec<_>>().join(", ");
    (!supported.is_empty()).then(|| format!("supported{day}: {each}"))
}

fn brief(one: &SupportVerdict) -> String {
    one.rule.clone().unwrap_or_else(|| one.says.clone())
}

/// Only where it is not the project itself.
fn by(one: &SupportVerdict) -> String {
    one.by.filter(|by| *by != Party::Upstream).map(|by| format!(" by {by}")).unwrap_or_default()
}

/// Rows of the full table, below [`HEAD`].
pub(super) fn support_rows(report: &Report) -> Vec<Vec<String>> {
    let row = |one: &SupportVerdict| {
        let source = match (&one.source, one.read_on) {
            (Some(source), Some(day)) => format!("{source}; read on {day}"),
            (Some(_) | None, _) => String::new(),
        };
        vec![one.name(), format!("{}{}: {}", one.state.word(), by(one), one.says), source, one.seen.join(", ")]
    };
    report.support.iter().flat_map(|support| &support.versions).map(row).collect()
}

/// What the columns of [`support_rows`] are.
pub(super) const HEAD: [&str; 4] = ["version", "support", "source", "seen in"];

/// How many unknown versions the first page names; all of them stand in the table and in `report.json`.
const MOST: usize = 12;
