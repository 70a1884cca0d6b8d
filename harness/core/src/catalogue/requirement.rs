//! Requirements and the file they are written in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    api_version::{self, ApiVersion},
    evidence::{control::Control, plan::Level},
    yaml::{Node, Problem, Problems, Rule, decode},
};

/// Every requirement, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub requirements: Vec<Requirement>,
}

/// One demand on the system under test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `GROUP-NN`, stable for years.
    pub id: String,
    pub level: Level,
    /// One sentence.
    pub text: String,
    pub source: Source,
    /// Controls of security frameworks that its result is evidence toward.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// When it counts as met, in short.
    #[serde(default)]
    pub pass: Option<String>,
}

/// Where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Implied or best practice: any expert expects it.
    Expert,
    /// Stated by the reference document: the document on mutual TLS for x0tta6bl4 that the reference platform comes from.
    Seed,
}

/// Why the catalogue cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CatalogueError {
    #[error("cannot read {}, a file of requirements or waivers", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(#[from] Problems),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Head {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    kind: Kind,
}

#[derive(Deserialize)]
enum Kind {
    Requirements,
}

/// Loads the catalogue.
///
/// # Errors
/// Every complaint about the file.
pub fn load(path: &Path) -> Result<Catalogue, CatalogueError> {
    load_beside(path, &Catalogue::default())
}

/// Loads a catalogue with requirements of its own, which stand beside those of another one.
///
/// # Errors
/// Every complaint about the file; an id of the other catalogue is one.
pub fn load_beside(path: &Path, other: &Catalogue) -> Result<Catalogue, CatalogueError> {
    let unreadable = |source| CatalogueError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let shown = match (path.parent().and_then(Path::file_name), path.file_name()) {
        (Some(directory), Some(file)) => Path::new(directory).join(file),
        _ => path.to_owned(),
    };
    read(&text, &shown, other).map_err(|problems| CatalogueError::Wrong(Problems::of(&shown, &text, problems)))
}

impl Catalogue {
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expert => "expert",
            Self::Seed => "seed",
        })
    }
}

fn read(text: &str, file: &Path, other: &Catalogue) -> Result<Catalogue, Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    if let Some(problem) = api_version::refuse_old(&node, file) {
        return Err(vec![problem]);
    }
    let items = node.take("items").unwrap_or_default();
    let mut problems = Vec::new();
    if let Err(problem) = decode::<Head>(&node) {
        problems.push(*problem);
    }
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut lines = BTreeMap::new();
    for item in &items {
        match decode::<Requirement>(item) {
            Ok(requirement) => {
                let place = item.nearest(&["id"]).place;
                if let Some(line) = lines.insert(requirement.id.clone(), place.line) {
                    let message = format!("the id `{}` is taken by the requirement in line {line}", requirement.id);
                    problems.push(
                        Problem::new(Rule::Requirement, place, message).help("ids are unique and never used again"),
                    );
                }
                if let Some(known) = other.get(&requirement.id) {
                    let message = format!("`{}` is a requirement that exists already: {}", requirement.id, known.text);
                    let help = "a catalogue of your own adds requirements and changes none: give it a group of its own, such as TEAM-01";
                    problems.push(Problem::new(Rule::Requirement, place, message).help(help));
                }
                let mut seen = BTreeSet::new();
                if let Some(twice) = requirement.controls.iter().find(|control| !seen.insert(**control)) {
                    let place = item.nearest(&["controls"]).place;
                    let message = format!("the control `{}` is named twice", twice.word());
                    problems.push(Problem::new(Rule::Requirement, place, message).help("name it once"));
                }
                if !is_id(&requirement.id) {
                    let problem =
                        Problem::new(Rule::Requirement, place, format!("`{}` is not a requirement id", requirement.id));
                    problems.push(problem.help("write GROUP-NN, such as PKI-07"));
                }
                requirements.push(requirement);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(Catalogue { requirements }) } else { Err(problems) }
}

fn is_id(id: &str) -> bool {
    id.rsplit_once('-').is_some_and(|(group, number)| {
        !group.is_empty()
            && group.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
            && number.len() >= 2
            && number.chars().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: mtls-e2e/v1alpha2\nkind: Requirements\nitems:\n";

    fn messages(items: &str) -> Vec<String> {
        let problems =
            read(&format!("{HEAD}{items}"), Path::new("requirements.yaml"), &Catalogue::default()).unwrap_err();
        problems.iter().map(|problem| format!("{}: {}", problem.place.line, problem.message)).collect()
    }

    #[test]
    fn requirements_are_read_in_order() {
        let catalogue = read(&format!(
            "{HEAD}- {{id: PKI-02, level: core, text: b, source: seed}}\n- {{id: PKI-01, level: hardening, text: a, source: expert, pass: p}}\n"
        ), Path::new("requirements.yaml"), &Catalogue::default())
        .unwrap();
        let ids: Vec<_> = catalogue.requirements.iter().map(|requirement| requirement.id.as_str()).collect();
        assert_eq!(ids, ["PKI-02", "PKI-01"]);
        assert_eq!(catalogue.get("PKI-01").unwrap().pass.as_deref(), Some("p"));
        assert!(catalogue.get("PKI-03").is_none());
    }

    #[test]
    fn every_complaint_has_its_line() {
        assert_eq!(
            messages(
                "- {id: PKI-01, level: core, text: a, source: seed}\n\
                 - {id: PKI-01, level: core, text: b, source: seed}\n\
                 - {id: pki1, level: core, text: c, source: seed}\n\
                 - {id: PKI-03, level: cores, text: c, source: seed}\n\
                 - {id: PKI-04, level: core, text: d, source: seed, controls: [SC-8(1), SC-8(2)]}\n\
                 - {id: PKI-05, level: core, text: e, source: seed, controls: [SC-12, SC-12]}\n"
            ),
            [
                "5: the id `PKI-01` is taken by the requirement in line 4",
                "6: `pki1` is not a requirement id",
                "7: unknown word `cores`",
                "8: unknown word `SC-8(2)`",
                "9: the control `SC-12` is named twice",
            ]
        );
    }
}
