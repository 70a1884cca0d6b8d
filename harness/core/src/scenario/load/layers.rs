//! The scenarios of the harness, and beside them directories of teams with scenarios of their own.
//!
//! A team's directory has scenarios, and if it likes requirements, changes for sabotages (`library/`) and case files (`cases/`). Its
//! scenarios may use what the harness ships. Nothing takes the place of anything: a name that exists twice is an error, for a
//! sabotage or a requirement that silently meant something else would be the worst kind of green.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    path::{Path, PathBuf},
};

use super::{contradictions, find, load_against};
use crate::{
    catalogue::{self, Catalogue},
    evidence::plan::Level,
    scenario::{
        cases,
        error::ScenarioError,
        library::{self, Library},
        model::Scenario,
    },
};

/// What the directories hold together.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Those of the harness ordered by id, then those of each directory.
    pub scenarios: Vec<Scenario>,
    pub catalogue: Catalogue,
    pub library: Library,
}

const CATALOGUE: &str = "requirements.yaml";

/// Loads every `<area>/<name>.yaml` under `shipped` and under each of `own`. A directory that is named twice, or that is
/// the shipped one, is read once.
///
/// # Errors
/// Every complaint about every file; and a scenario, requirement, change or case file that exists twice, with both files.
pub fn load_layers(shipped: &Path, own: &[PathBuf]) -> Result<Loaded, Vec<ScenarioError>> {
    let mut seen = BTreeSet::from([resolved(shipped)]);
    let own: Vec<&Path> = own.iter().map(PathBuf::as_path).filter(|root| seen.insert(resolved(root))).collect();
    let alone = |error| vec![error];

    let (catalogue, requirements) = catalogue_of(shipped, &own).map_err(alone)?;
    let (mut cases, mut library) = (cases::load_all(shipped, &requirements)?, library::load_all(shipped)?);
    let mut errors = Vec::new();
    for (index, root) in own.iter().enumerate() {
        let earlier: Vec<&Path> = std::iter::once(shipped).chain(own[..index].iter().copied()).collect();
        let more = cases::load_all(root, &requirements)?;
        errors.extend(add(
            &mut cases,
            more,
            &Place { what: "case file", folder: cases::FOLDER, root, earlier: &earlier },
        ));
        let more = library::load_all(root)?.changes;
        let place = Place { what: "change", folder: library::FOLDER, root, earlier: &earlier };
        errors.extend(add(&mut library.changes, more, &place));
    }
    if !errors.is_empty() {
        return Err(errors);
    }

    let mut files = Vec::new();
    for root in std::iter::once(&shipped).chain(&own) {
        files.extend(find(root).map_err(alone)?.into_iter().map(|file| (*root, file)));
    }
    for root in &own {
        errors.extend(stray(root).map_err(alone)?.into_iter().map(|path| ScenarioError::Stray { path }));
    }
    let mut scenarios: Vec<(PathBuf, Scenario)> = Vec::new();
    for (root, file) in files {
        let shown = if root == shipped { Path::new(root.file_name().unwrap_or_default()) } else { root };
        match load_against(&file, root, shown, &requirements, &cases, &library) {
            Ok(scenario) => match scenarios.iter().find(|(_, other)| other.id == scenario.id) {
                Some((first, _)) => errors.push(twice("scenario", &scenario.id, first, &file)),
                None => scenarios.push((file, scenario)),
            },
            Err(error) => errors.push(error),
        }
    }
    errors.extend(contradictions(&scenarios));
    let scenarios = scenarios.into_iter().map(|(_, scenario)| scenario).collect();
    if errors.is_empty() { Ok(Loaded { scenarios, catalogue, library }) } else { Err(errors) }
}

/// The requirements of all directories, and their levels.
fn catalogue_of(shipped: &Path, own: &[&Path]) -> Result<(Catalogue, BTreeMap<String, Level>), ScenarioError> {
    let mut all = catalogue::load(&shipped.join(CATALOGUE))?;
    for file in own.iter().map(|root| root.join(CATALOGUE)).filter(|file| file.exists()) {
        let more = catalogue::load_beside(&file, &all)?;
        all.requirements.extend(more.requirements);
    }
    let levels = all.requirements.iter().map(|requirement| (requirement.id.clone(), requirement.level)).collect();
    Ok((all, levels))
}

/// Where files of one kind lie: in this folder of `root`, and of the directories that were read before it.
struct Place<'a> {
    what: &'static str,
    folder: &'a str,
    root: &'a Path,
    earlier: &'a [&'a Path],
}

/// Adds what a directory has; what exists already is not added, and reported.
fn add<T>(all: &mut BTreeMap<String, T>, more: BTreeMap<String, T>, place: &Place<'_>) -> Vec<ScenarioError> {
    let mut errors = Vec::new();
    for (name, one) in more {
        match all.entry(name) {
            Entry::Vacant(free) => {
                free.insert(one);
            }
            Entry::Occupied(taken) => {
                let file = |root: &Path| root.join(place.folder).join(taken.key()).with_extension("yaml");
                let first = place.earlier.iter().map(|root| file(root)).find(|file| file.exists()).unwrap_or_default();
                errors.push(twice(place.what, taken.key(), &first, &file(place.root)));
            }
        }
    }
    errors
}

fn twice(what: &'static str, name: &str, first: &Path, second: &Path) -> ScenarioError {
    ScenarioError::Twice { what, name: name.to_owned(), first: first.to_owned(), second: second.to_owned() }
}

/// Files directly in a team's directory that look like scenarios, and would never run.
fn stray(root: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: root.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_yaml = path.extension().is_some_and(|suffix| suffix == "yaml" || suffix == "yml");
        if is_yaml && path.is_file() && path.file_name().is_none_or(|name| name != CATALOGUE) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// A directory that does not exist is complained about where it is read.
fn resolved(root: &Path) -> PathBuf {
    root.canonicalize().unwrap_or_else(|_| root.to_owned())
}
