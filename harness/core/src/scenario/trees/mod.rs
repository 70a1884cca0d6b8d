//! Infrastructure trees: what makes a green of theirs unbelievable, found in the files.
//!
//! Input: a folder of trees (`mtls`, `platform` …) or one tree. Output: complaints with file and line, as for scenarios. Nothing is
//! rendered and no cluster is asked, so what kustomize adds is not seen. Which objects a tree must have is the scenarios' matter.

mod certificate;
mod expression;
mod images;
mod thresholds;

pub(super) use images::floating;

use std::path::{Path, PathBuf};

use super::error::ScenarioError;
use crate::yaml::{Node, Problem, Problems, documents};

/// A file of a tree.
struct File {
    shown: PathBuf,
    text: String,
    documents: Vec<Node>,
    /// Of documents that are not readable.
    problems: Vec<Problem>,
}

/// Lints every tree under `root`, or `root` itself when it is one; how many files were read.
///
/// # Errors
///
/// Every complaint about every file.
pub fn lint(root: &Path) -> Result<usize, Vec<ScenarioError>> {
    let trees = trees(root).map_err(|error| vec![error])?;
    let (mut read, mut errors) = (0, Vec::new());
    for tree in trees {
        match files(&tree, root) {
            Ok(files) => {
                read += files.len();
                errors.extend(of_tree(files));
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

/// Alerts are held against the certificates of their own tree: a lab has some that are to be alarming.
fn of_tree(files: Vec<File>) -> Vec<ScenarioError> {
    let certificates: Vec<_> =
        files.iter().flat_map(|file| &file.documents).filter_map(certificate::Certificate::read).collect();
    let mut errors = Vec::new();
    for mut file in files {
        let mut problems = std::mem::take(&mut file.problems);
        for document in &file.documents {
            problems.extend(floating(document));
            problems.extend(thresholds::check(document, &file.text, &certificates));
        }
        if !problems.is_empty() {
            errors.push(ScenarioError::Wrong(Problems::of(&file.shown, &file.text, problems)));
        }
    }
    errors
}

fn trees(root: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    if root.join("kustomization.yaml").is_file() {
        return Ok(vec![root.to_owned()]);
    }
    Ok(entries(root)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(tree: &Path, root: &Path) -> Result<Vec<File>, ScenarioError> {
    let mut files = Vec::new();
    let mut folders = vec![tree.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "yaml" || suffix == "yml") {
                files.push(file(&path, root)?);
            }
        }
    }
    files.sort_by(|left, right| left.shown.cmp(&right.shown));
    Ok(files)
}

fn file(path: &Path, root: &Path) -> Result<File, ScenarioError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
    let inside = path.strip_prefix(root).unwrap_or(path);
    let shown = Path::new(root.file_name().unwrap_or_default()).join(inside);
    let (mut nodes, mut problems) = (Vec::new(), Vec::new());
    for document in documents(&text) {
        match document {
            Ok(node) => nodes.push(node),
            Err(problem) => problems.push(*problem),
        }
    }
    Ok(File { shown, text, documents: nodes, problems })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}
