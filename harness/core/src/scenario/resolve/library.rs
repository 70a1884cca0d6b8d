//! A change of the library: a document with variables, resolved anew for each use.

use std::{collections::BTreeMap, path::Path};

use super::Resolver;
use crate::{
    api_version,
    scenario::{
        interpolate::{Names, interpolate_with},
        migrate,
        model::{Change, Isolation, library::Library},
        raw,
        resolver::Setting,
        trial::STEP,
    },
    yaml::{Content, Node, Place, Problem, Rule, decode, nearest},
};

/// A change with other values; the problems are reported at `place`, where it is used.
pub(super) fn instantiate(
    library: &Library,
    name: &str,
    with: &[(String, Content)],
    place: Place,
) -> Result<(String, Change), Vec<Problem>> {
    let Some(entry) = library.changes.get(name) else {
        let problem = Problem::new(Rule::Sabotage, place, format!("the library has no `{name}`"));
        let meant = nearest(name, library.changes.keys().map(String::as_str));
        return Err(vec![match meant {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("changes are files scenarios/library/<name>.yaml"),
        }]);
    };
    match read_change(&entry.text, name, Path::new(name), with) {
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

/// From text to change. `with` takes the place of variables of the same name.
pub(in crate::scenario) fn read_change(
    text: &str,
    name: &str,
    file: &Path,
    with: &[(String, Content)],
) -> Result<(String, Change), Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    if let Some(problem) = api_version::refuse_old(&node, file) {
        return Err(vec![problem]);
    }
    let mut problems = migrate::retired(&node);
    if !problems.is_empty() {
        return Err(problems);
    }
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
    let (change, problems) = change(document, &node, &names, name);
    match change.filter(|_| problems.is_empty()) {
        Some(change) => Ok((title, change)),
        None => Err(problems),
    }
}

/// Resolves a change of the library; it is usable only when no problem came with it.
fn change(document: raw::ChangeDocument, node: &Node, names: &Names, name: &str) -> (Option<Change>, Vec<Problem>) {
    let (requirements, cases) = (BTreeMap::new(), BTreeMap::new());
    let setting = Setting { id: name, file: Path::new(name), folder: None, requirements: &requirements, cases: &cases };
    let mut resolver = Resolver::new(&setting, &document.participants, Isolation::Cluster);
    if document.metadata.id != name {
        let place = node.nearest(&["metadata", "id"]).place;
        let problem =
            Problem::new(Rule::Id, place, format!("the id `{}` is not the name of the file", document.metadata.id));
        resolver.complain(problem.help(format!("write `id: {name}`, or rename the file")));
    }
    resolver.participants(node);
    resolver.features(&document.needs.features, node.nearest(&["needs", "features"]));
    let features = document.needs.features.into_iter().collect();
    let parts = resolver.change(document.steps, [document.confirm, document.recovered], node, STEP);
    resolver.unpaired();
    resolver.unused(node, names);
    let problems = resolver.problems;
    let change = parts.map(|(steps, confirm, recovered)| Change {
        library: Some(name.to_owned()),
        features,
        participants: document.participants.clone(),
        steps,
        confirm,
        recovered,
    });
    (change, problems)
}
