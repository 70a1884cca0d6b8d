//! Number and size of withheld evidence files, by scenario and media type.

use schemars::JsonSchema;
use serde::Serialize;

use super::format::count;

/// Files of one kind in one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Withheld {
    pub scenario: String,
    pub media_type: String,
    pub files: usize,
    /// Total size of the files, in bytes.
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
