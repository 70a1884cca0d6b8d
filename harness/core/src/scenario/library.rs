//! `scenarios/library/`: faults that many scenarios may use in their sabotages.
//!
//! Every one is resolved with its own values, so that a mistake shows even when no scenario uses it, and so that `prove --wild` can
//! apply it. How one is resolved with other values is not here: see `resolve`.

use std::{collections::BTreeMap, path::Path};

use super::{error::ScenarioError, resolve};
use crate::yaml::Problems;

pub use super::model::library::{Entry, Library};

/// Where changes lie under the scenarios.
pub const FOLDER: &str = "library";

/// Every change under `root`.
///
/// # Errors
///
/// Every complaint about every file.
pub fn load_all(root: &Path) -> Result<Library, Vec<ScenarioError>> {
    let folder = root.join(FOLDER);
    let mut names: Vec<String> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".yaml").map(str::to_owned))
            .collect(),
        // Without changes there is nothing to use, and nothing wrong.
        Err(_) => Vec::new(),
    };
    names.sort();
    let (mut changes, mut errors) = (BTreeMap::new(), Vec::new());
    for name in names {
        match load(root, &name) {
            Ok(entry) => {
                changes.insert(name, entry);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(Library { changes }) } else { Err(errors) }
}

/// Reads one change.
///
/// # Errors
///
/// Every complaint about the file, with its place.
pub fn load(root: &Path, name: &str) -> Result<Entry, ScenarioError> {
    let path = root.join(FOLDER).join(name).with_extension("yaml");
    let text =
        std::fs::read_to_string(&path).map_err(|source| ScenarioError::Unreadable { path: path.clone(), source })?;
    let shown = Path::new(root.file_name().unwrap_or_default()).join(FOLDER).join(name).with_extension("yaml");
    match resolve::read_change(&text, name, &shown, &[]) {
        Ok((title, change)) => Ok(Entry { title, change, text }),
        Err(problems) => Err(ScenarioError::Wrong(Problems::of(&shown, &text, problems))),
    }
}
