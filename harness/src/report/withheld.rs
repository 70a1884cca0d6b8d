//! Evidence that a run did not store because it held a private key or a token.
//!
//! A reader who looks for a file that is not there learns here why. It changes no verdict: what was observed is on record.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, words::count};

/// Files of one kind in one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Withheld {
    pub scenario: String,
    pub media_type: String,
    pub files: usize,
    /// Of all of them together.
    pub bytes: u64,
}

impl Withheld {
    /// Counts a file among those of its kind.
    pub(super) fn add(list: &mut Vec<Self>, scenario: &str, media_type: &str, bytes: u64) {
        let known = list.iter_mut().find(|one| one.scenario == scenario && one.media_type == media_type);
        if let Some(known) = known {
            known.files += 1;
            known.bytes = known.bytes.saturating_add(bytes);
        } else {
            let (scenario, media_type) = (scenario.to_owned(), media_type.to_owned());
            list.push(Self { scenario, media_type, files: 1, bytes });
        }
    }

    /// `2 files of application/json, 1200 bytes`.
    pub(super) fn what(&self) -> String {
        format!("{} of {}, {} bytes", count(self.files, "file"), self.media_type, self.bytes)
    }
}

/// One line per scenario and kind of file.
pub(super) fn withheld_lines(report: &Report) -> Vec<String> {
    let line = |one: &Withheld| {
        format!("evidence withheld in {}, for it holds a private key or a token: {}", one.scenario, one.what())
    };
    report.withheld.iter().map(line).collect()
}
