//! Evidence that a run did not store because it held a private key or a token.
//!
//! It explains why a file is missing. It changes no verdict: the observation itself is recorded.

use super::{Report, withheld_files::Withheld};

/// One line per scenario and kind of file.
pub(super) fn withheld_lines(report: &Report) -> Vec<String> {
    let line = |one: &Withheld| {
        format!("evidence withheld in {}, for it holds a private key or a token: {}", one.scenario, one.what())
    };
    report.withheld.iter().map(line).collect()
}
