//! Support windows in reports: a line for each version that needs attention, and one for the rest.
//!
//! The judge decides the verdicts; this module words and orders them.

use super::Report;
use crate::{
    support::{Party, State, Support, SupportVerdict},
    verdict::Verdict,
};

/// One line of the first page, and its mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SupportLine {
    pub mark: Verdict,
    pub text: String,
}

/// The lines of the first page: each version past its end of support, each with an unconfirmed rule, the names of
/// unknown versions, and the number of supported ones. Empty when nothing was examined.
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
    let more = names.len().saturating_sub(MAX_UNKNOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!names.is_empty()).then(|| format!("support unknown: {}{more}", names[..names.len().min(MAX_UNKNOWN)].join(", ")))
}

/// The supported versions: those with a last day first, the nearest in front.
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

/// The supporting party, unless it is the project itself.
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

/// The columns of [`support_rows`].
pub(super) const HEAD: [&str; 4] = ["version", "support", "source", "seen in"];

/// Maximum number of unknown versions on the first page; the table and `report.json` have all of them.
const MAX_UNKNOWN: usize = 12;
