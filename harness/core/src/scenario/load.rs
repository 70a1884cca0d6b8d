//! Scenario files: found, read, resolved against the catalogue.
//!
//! Directories beside that of the harness are in `layers`.

mod layers;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    cases::{self, CaseFile},
    claims::{self, Claim},
    error::ScenarioError,
    interpolate::interpolate,
    library::{self, Library},
    migrate,
    model::Scenario,
    raw, resolve,
    resolver::Setting,
    verbs::rules,
};
use crate::{
    api_version, catalogue,
    evidence::plan::Level,
    yaml::{Content, Node, Problem, Problems, decode},
};

pub use layers::{Loaded, load_layers};

/// Loads one scenario; `root` is the `scenarios` directory with the catalogue in it.
///
/// # Errors
/// Every complaint about the file, not only the first.
pub fn load(path: &Path, root: &Path) -> Result<Scenario, ScenarioError> {
    let requirements = levels(root)?;
    let cases = cases::load_all(root, &requirements).map_err(|mut errors| errors.swap_remove(0))?;
    let library = library::load_all(root).map_err(|mut errors| errors.swap_remove(0))?;
    load_against(path, root, Path::new(root.file_name().unwrap_or_default()), &requirements, &cases, &library)
}

/// Loads every `<area>/<name>.yaml` under `root`, ordered by id.
///
/// # Errors
/// Every complaint about every file.
pub fn load_all(root: &Path) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    load_layers(root, &[]).map(|loaded| loaded.scenarios)
}

/// What two scenarios claim of the mesh as they find it. The later one in the order of ids is blamed.
fn contradictions(scenarios: &[(PathBuf, Scenario)]) -> Vec<ScenarioError> {
    let found = |scenario| claims::of(scenario).into_iter().filter(|claim| claim.changes == 0).collect::<Vec<_>>();
    let mut earlier: Vec<(&Scenario, Claim)> = Vec::new();
    let mut errors = Vec::new();
    for (path, scenario) in scenarios {
        let claims = found(scenario);
        let opposed: Vec<(&Claim, String)> = claims
            .iter()
            .filter_map(|claim| {
                let (other, opposite) = earlier.iter().find(|(_, other)| other.contradicts(claim))?;
                Some((claim, format!("{} (the step in line {})", other.id, opposite.line)))
            })
            .collect();
        if let (false, Ok(text)) = (opposed.is_empty(), std::fs::read_to_string(path))
            && let Ok(node) = Node::parse(&text)
        {
            let problems = opposed
                .iter()
                .map(|(claim, elsewhere)| resolve::contradiction(claim, resolve::cell_place(claim, &node), elsewhere));
            errors.push(ScenarioError::Wrong(Problems::of(&scenario.file, &text, problems.collect())));
        }
        earlier.extend(claims.into_iter().map(|claim| (scenario, claim)));
    }
    errors
}

/// `shown` stands for `root` in messages and reports.
fn load_against(
    path: &Path,
    root: &Path,
    shown: &Path,
    requirements: &BTreeMap<String, Level>,
    cases: &BTreeMap<String, CaseFile>,
    library: &Library,
) -> Result<Scenario, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let relative = path.strip_prefix(root).unwrap_or(path);
    let shown = shown.join(relative);
    let id = relative.with_extension("").to_string_lossy().replace('\\', "/");
    let setting = Setting { id: &id, file: &shown, folder: path.parent(), requirements, cases };
    read(&text, &setting, library).map_err(|problems| ScenarioError::Wrong(Problems::of(&shown, &text, problems)))
}

/// From text to scenario; the shape of every step is checked before any meaning.
fn read(text: &str, setting: &Setting<'_>, library: &Library) -> Result<Scenario, Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    if let Some(problem) = api_version::refuse_old(&node, setting.file) {
        return Err(vec![problem]);
    }
    let mut problems = migrate::retired(&node);
    let names = interpolate(&mut node, &mut problems);
    let document = document(&node, &mut problems);
    // The decoder complains about a retired key once more, without its new name.
    let mut places = BTreeSet::new();
    problems.retain(|problem| places.insert((problem.place.offset, problem.rule)));
    let Some(document) = document.filter(|_| problems.is_empty()) else { return Err(problems) };
    let (scenario, problems) = resolve::resolve(document, &node, &names, setting, library);
    if problems.is_empty() { Ok(scenario) } else { Err(problems) }
}

/// Decodes the head and each step on its own, so that one misspelt key does not hide the next.
fn document(node: &Node, problems: &mut Vec<Problem>) -> Option<raw::Document> {
    const LISTS: [&str; 3] = ["setup", "steps", "finally"];
    const ALL: [&str; 4] = ["setup", "steps", "finally", "sabotage"];
    let entries = node.entries().filter(|(key, value)| {
        // A list that is none stays in the head, which then complains about it.
        !ALL.contains(&key.text.as_str()) || !matches!(value.content, Content::List(_))
    });
    let content = match &node.content {
        Content::Map(_) => Content::Map(entries.cloned().collect()),
        other => other.clone(),
    };
    let head = Node { place: node.place, content };
    let mut lists = BTreeMap::new();
    for key in LISTS {
        let mut steps: Vec<raw::Step> = Vec::new();
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            match decode(item) {
                Ok(step) => steps.push(step),
                Err(problem) => problems.push(*problem),
            }
        }
        lists.insert(key, steps);
    }
    let sabotages = sabotages(node, problems);
    let mut document: raw::Document = match decode(&head) {
        Ok(document) => document,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    document.setup = lists.remove("setup").unwrap_or_default();
    document.steps = lists.remove("steps").unwrap_or_default();
    document.finally = lists.remove("finally").unwrap_or_default();
    document.sabotage = sabotages;
    Some(document)
}

fn sabotages(node: &Node, problems: &mut Vec<Problem>) -> Vec<raw::Sabotage> {
    let items = node.get("sabotage").map(Node::items).unwrap_or_default();
    let mut sabotages = Vec::new();
    for item in items {
        match decode(item) {
            Ok(sabotage) => sabotages.push(sabotage),
            Err(problem) => problems.push(*problem),
        }
    }
    sabotages
}

fn levels(root: &Path) -> Result<BTreeMap<String, Level>, ScenarioError> {
    let catalogue = catalogue::load(&root.join("requirements.yaml"))?;
    Ok(catalogue.requirements.into_iter().map(|requirement| (requirement.id, requirement.level)).collect())
}

/// Files directly under `root` are the catalogue and its like, not scenarios; hidden folders (`.git`) belong to other programs.
fn find(root: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let unreadable = |source| ScenarioError::Unreadable { path: directory.clone(), source };
        for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let is_yaml = path.extension().is_some_and(|suffix| suffix == "yaml" || suffix == "yml");
            if path.is_dir() {
                let is_hidden = entry_name(&path).starts_with('.');
                if !is_hidden && path != root.join(cases::FOLDER) && path != root.join(library::FOLDER) {
                    directories.push(path);
                }
            } else if is_yaml && directory != root && !is_rule_test(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn entry_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Files that scenarios name in `rules`.
fn is_rule_test(path: &Path) -> bool {
    path.to_string_lossy().ends_with(rules::SUFFIX)
}

/// Reads a scenario that proves anything it likes, for the tests of other modules.
#[cfg(test)]
pub(super) fn example(id: &str, text: &str, requirements: &[&str]) -> Scenario {
    let requirements = requirements.iter().map(|id| ((*id).to_owned(), Level::Core)).collect();
    let (file, cases, library) = (Path::new("example.yaml"), BTreeMap::new(), Library::default());
    let setting = Setting { id, file, folder: None, requirements: &requirements, cases: &cases };
    read(text, &setting, &library).unwrap_or_else(|problems| panic!("{problems:#?}"))
}
