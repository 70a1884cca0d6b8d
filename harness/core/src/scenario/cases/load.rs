//! Case files: found, read, checked.

use std::{collections::BTreeMap, path::Path};

use super::{check::check, model::CaseFile, raw};
use crate::{
    api_version,
    evidence::plan::Level,
    scenario::{ScenarioError, migrate},
    yaml::{Node, Problem, Problems, decode},
};

/// Where case files lie under the scenarios.
pub const FOLDER: &str = "cases";

/// Every case file under `root`, by name. `requirements` are those of the catalogue.
///
/// # Errors
///
/// Every complaint about every file.
pub fn load_all(
    root: &Path,
    requirements: &BTreeMap<String, Level>,
) -> Result<BTreeMap<String, CaseFile>, Vec<ScenarioError>> {
    let folder = root.join(FOLDER);
    let mut names: Vec<String> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".yaml").map(str::to_owned))
            .collect(),
        // Without case files there is nothing to run, and nothing wrong.
        Err(_) => Vec::new(),
    };
    names.sort();
    let (mut files, mut errors) = (BTreeMap::new(), Vec::new());
    for name in names {
        match load(root, &name, requirements) {
            Ok(file) => {
                files.insert(name, file);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// Reads one case file.
///
/// # Errors
///
/// Every complaint about the file, with its place.
pub fn load(root: &Path, name: &str, requirements: &BTreeMap<String, Level>) -> Result<CaseFile, ScenarioError> {
    let path = root.join(FOLDER).join(name).with_extension("yaml");
    let text =
        std::fs::read_to_string(&path).map_err(|source| ScenarioError::Unreadable { path: path.clone(), source })?;
    let shown = Path::new(root.file_name().unwrap_or_default()).join(FOLDER).join(name).with_extension("yaml");
    read(&text, name, &shown, requirements)
        .map_err(|problems| ScenarioError::Wrong(Problems::of(&shown, &text, problems)))
}

fn read(text: &str, name: &str, file: &Path, requirements: &BTreeMap<String, Level>) -> Result<CaseFile, Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    if let Some(problem) = api_version::refuse_old(&node, file) {
        return Err(vec![problem]);
    }
    let retired = migrate::retired(&node);
    if !retired.is_empty() {
        return Err(retired);
    }
    let items = node.take("cases").unwrap_or_default();
    let mut problems = Vec::new();
    let mut cases: Vec<(raw::Case, &Node)> = Vec::new();
    for item in &items {
        match decode(item) {
            Ok(case) => cases.push((case, item)),
            Err(problem) => problems.push(*problem),
        }
    }
    let head: Option<raw::Document> = match decode(&node) {
        Ok(document) => Some(document),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    };
    let Some(document) = head.filter(|_| problems.is_empty()) else { return Err(problems) };
    check(document, cases, &node, name, requirements)
}
