//! Waivers in reports: one line for each, and its mark.
//!
//! The judge decides what a waiver waives; this module words and orders it.

use super::{Report, format::count};
use crate::verdict::{Verdict, WaiverState, WaiverVerdict};

/// One line of the first page, and its mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaiverLine {
    pub mark: Verdict,
    pub text: String,
}

/// The lines of all waivers: what needs attention first. Empty for a run without waivers.
pub(super) fn waiver_lines(report: &Report) -> Vec<WaiverLine> {
    let mut lines: Vec<WaiverLine> = report.waivers.iter().map(line).collect();
    // The sort is stable: equals stay in the order of the file.
    lines.sort_by_key(|line| std::cmp::Reverse(line.mark));
    lines
}

/// The subject of a waiver: a pattern of checks, or a requirement.
fn subject(waiver: &WaiverVerdict) -> String {
    match (&waiver.check, &waiver.requirement) {
        (Some(pattern), _) => pattern.clone(),
        (None, Some(id)) => format!("requirement {id}"),
        (None, None) => String::new(),
    }
}

fn line(waiver: &WaiverVerdict) -> WaiverLine {
    let what = format!("waiver of {} for {}", waiver.owner, subject(waiver));
    let red = match waiver.red.len() {
        0 => String::new(),
        red => format!("; still red: {}", count(red, "check")),
    };
    let (mark, text) = match waiver.state {
        WaiverState::Expired if waiver.red.is_empty() => {
            (Verdict::Unknown, format!("{what} expired on {} and is no longer needed", waiver.until))
        }
        WaiverState::Expired => (Verdict::Fail, format!("{what} expired on {}{red}", waiver.until)),
        WaiverState::InForce => (
            Verdict::Waived,
            format!("{what} until {}: {} ({}){red}", waiver.until, count(waiver.waived.len(), "check"), waiver.reason),
        ),
        WaiverState::OtherWorld => {
            let world = waiver.world.as_deref().unwrap_or_default();
            (Verdict::NotApplicable, format!("{what} is for the world `{world}`"))
        }
        WaiverState::Unmatched => (Verdict::Unknown, format!("{what} matches no check of this run")),
        WaiverState::Unneeded => (Verdict::Unknown, format!("{what} waives nothing in this run{red}")),
    };
    WaiverLine { mark, text }
}
