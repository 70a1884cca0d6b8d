//! Rewrites documents of `mtls-e2e/v1alpha1` as `mtls-e2e/v1alpha2`: text in, text out.
//!
//! Only keys and words that [`tables`] knows are replaced, each at the place where it was written, so comments, order, quoting and layout
//! stay as they are. Content of the author, such as applied objects and demanded facts, is left alone. No file is read or written here,
//! and nothing is checked beyond the keys: that is the linter's task.

mod edit;
mod retired;
mod shape;
mod tables;
#[cfg(test)]
mod tests;
mod walk;

use edit::apply;
pub(super) use retired::retired;
use walk::Walk;

use crate::{
    api_version::{self, Version},
    yaml::{Node, Problem, Rule},
};

/// What a document becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Migration {
    /// It is of the current version; nothing changes.
    Current,
    /// It is no document of this project.
    Foreign,
    /// Its text in the current version.
    Rewritten(String),
}

/// Rewrites one document.
///
/// # Errors
/// Every key and value that has no place in the old version, or that cannot be rewritten where it stands.
pub fn migrate(text: &str) -> Result<Migration, Vec<Problem>> {
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err(_) if !text.contains(api_version::OLD) => return Ok(Migration::Foreign),
        Err(problem) => return Err(vec![*problem]),
    };
    match Version::of(&node) {
        None => return Ok(Migration::Foreign),
        Some(Version::V1Alpha2) => return Ok(Migration::Current),
        Some(Version::V1Alpha1) => {}
        Some(Version::Unknown) => {
            let place = node.nearest(&["apiVersion"]).place;
            let problem = Problem::new(Rule::ApiVersion, place, "no release of this project had this version");
            return Err(vec![problem.help(format!("versions: {}, {}", api_version::OLD, api_version::CURRENT))]);
        }
    }
    let Some(shape) = node.get("kind").and_then(Node::text).and_then(tables::document) else {
        let place = node.nearest(&["kind"]).place;
        let problem = Problem::new(Rule::UnknownWord, place, "no kind of document of this project");
        return Err(vec![problem.help(format!("kinds: {}", tables::KINDS.join(", ")))]);
    };
    let mut walk = Walk::new(text);
    let expected = walk.node(&node, shape);
    let (edits, problems) = walk.end();
    if !problems.is_empty() {
        return Err(problems);
    }
    let rewritten = apply(text, edits);
    // An alias may repeat what is called otherwise where it is written. Such a file must not be damaged.
    match Node::parse(&rewritten) {
        Ok(node) if node.to_json() == expected => Ok(Migration::Rewritten(rewritten)),
        Ok(_) => {
            let message = "an alias repeats content that both places would call differently";
            Err(vec![
                Problem::new(Rule::Shape, node.place, message).help("write the content out in the place of `*alias`"),
            ])
        }
        Err(problem) => Err(vec![*problem]),
    }
}
