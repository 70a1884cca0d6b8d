//! `scenarios/library/`: changes for the worse that many scenarios may use in their sabotages.
//!
//! A change is a document with variables, resolved anew for each use. Every one is also resolved with its own values, so that a
//! mistake shows even when nobody uses it, and so that `prove --wild` can apply it.

use std::{collections::BTreeMap, path::Path};

use super::{
    ScenarioError,
    interpolate::{Names, interpolate_with},
    model::Change,
    raw, resolve,
};
use crate::yaml::{Content, Node, Place, Problem, Problems, Rule, decode, nearest};

/// Where changes lie under the scenarios.
pub const FOLDER: &str = "library";

/// Every change, by name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    changes: BTreeMap<String, Entry>,
}

/// A change with its own values.
#[derive(Clone, Debug)]
pub struct Entry {
    pub title: String,
    pub change: Change,
    text: String,
}

impl Library {
    /// The changes with their own values, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.changes.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// A change with other values; the problems are of whoever uses it, at `place`.
    pub(super) fn instantiate(
        &self,
        name: &str,
        with: &[(String, Content)],
        place: Place,
    ) -> Result<(String, Change), Vec<Problem>> {
        let Some(entry) = self.changes.get(name) else {
            let problem = Problem::new(Rule::Sabotage, place, format!("the library has no `{name}`"));
            let meant = nearest(name, self.changes.keys().map(String::as_str));
            return Err(vec![match meant {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("changes are files scenarios/library/<name>.yaml"),
            }]);
        };
        match read(&entry.text, name, with) {
            Ok((_, change)) => Ok((entry.title.clone(), change)),
            Err(problems) => Err(problems
                .into_iter()
                .map(|problem| {
                    let message = format!("library/{name}.yaml with these values: {}", problem.message);
                    let there = Problem::new(problem.rule, place, message);
                    problem.help.map_or(there.clone(), |help| there.help(help))
                })
                .collect()),
        }
    }
}

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
    match read(&text, name, &[]) {
        Ok((title, change)) => Ok(Entry { title, change, text }),
        Err(problems) => Err(ScenarioError::Wrong(Problems::of(&shown, &text, problems))),
    }
}

/// From text to change. `with` takes the place of variables of the same name.
fn read(text: &str, name: &str, with: &[(String, Content)]) -> Result<(String, Change), Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    let mut problems = Vec::new();
    let names: Names = interpolate_with(&mut node, with, &mut problems);
    let mut head = node.clone();
    let mut steps: Vec<raw::Step> = Vec::new();
    for item in head.take("do").unwrap_or_default() {
        match decode(&item) {
            Ok(step) => steps.push(step),
            Err(problem) => problems.push(*problem),
        }
    }
    let document: Option<raw::ChangeDocument> = match decode(&head) {
        Ok(document) => Some(document),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    };
    let Some(mut document) = document.filter(|_| problems.is_empty()) else { return Err(problems) };
    document.steps = steps;
    let title = document.metadata.title.clone();
    let (change, problems) = resolve::change(document, &node, &names, name);
    match change.filter(|_| problems.is_empty()) {
        Some(change) => Ok((title, change)),
        None => Err(problems),
    }
}
