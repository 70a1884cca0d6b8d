//! The working tree of this command, as a fact of its record: commit, what differs from it, digests of trees and scenarios.
//!
//! Asks git and reads files. Whether a tree may differ is decided by who reads the record.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use mtls_core::certificate::source::{self, Source, tree_digest};
use serde_json::{Value, json};

use crate::paths;

/// The working tree, with `infra` in the place of the system under test, and these scenarios.
pub(super) fn here(infra: Option<&Path>, scenarios: &Path) -> Result<Source> {
    let mut trees = files(&paths::trees(), "infra/")?;
    if let Some(infra) = infra {
        trees.extend(files(infra, "given/")?);
    }
    Ok(Source {
        commit: git(&["rev-parse", "HEAD"])?.trim().to_owned(),
        changed: changed(&git(&["status", "--porcelain=v1", "--untracked-files=all", "-z"])?),
        infrastructure: tree_digest(trees),
        scenarios: tree_digest(files(scenarios, "")?),
    })
}

/// The entry of the `environment` event.
pub(super) fn fact(source: &Source) -> (String, Value) {
    (source::TOPIC.to_owned(), json!(source))
}

fn git(words: &[&str]) -> Result<String> {
    let output = Command::new("git").args(words).current_dir(paths::workspace()).output().context("start git")?;
    if !output.status.success() {
        bail!("git {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git names a file that is not UTF-8")
}

/// Paths of a status with NUL between entries. A renamed file is followed by its old name.
fn changed(status: &str) -> Vec<String> {
    let mut entries = status.split('\0').filter(|entry| !entry.is_empty());
    let mut changed = Vec::new();
    while let Some(entry) = entries.next() {
        changed.push(entry.get(3..).unwrap_or(entry).to_owned());
        if entry.starts_with(['R', 'C']) {
            entries.next();
        }
    }
    changed
}

/// Every file below a folder, with names that begin with `prefix`.
fn files(folder: &Path, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let context = || format!("read {}", current.display());
        for entry in fs::read_dir(&current).with_context(context)? {
            let path: PathBuf = entry.with_context(context)?.path();
            // A link to a folder would be read as often as it leads in a circle; its target is part of its name.
            if path.is_symlink() {
                let target = fs::read_link(&path).with_context(context)?;
                found.push((name(&path, folder, prefix), target.to_string_lossy().into_owned().into_bytes()));
            } else if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                found.push((name(&path, folder, prefix), bytes));
            }
        }
    }
    Ok(found)
}

fn name(path: &Path, folder: &Path, prefix: &str) -> String {
    format!("{prefix}{}", path.strip_prefix(folder).unwrap_or(path).to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_are_named_once() {
        assert_eq!(changed(""), Vec::<String>::new());
        let status = " M xtask/src/main.rs\0?? new file\0R  to.rs\0from.rs\0A  b\0";
        assert_eq!(changed(status), ["xtask/src/main.rs", "new file", "to.rs", "b"]);
    }

    #[test]
    fn a_changed_file_changes_the_digest_of_its_tree_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b.yaml"), "a: 1").unwrap();
        let digest = || tree_digest(files(folder.path(), "").unwrap());
        let before = digest();
        assert_eq!(before, digest());
        fs::write(folder.path().join("a/b.yaml"), "a: 2").unwrap();
        assert_ne!(before, digest());
    }

    #[test]
    fn this_workspace_has_a_commit() {
        let source = here(None, &paths::scenarios()).unwrap();
        assert_eq!(source.commit.len(), 40);
        assert_ne!(source.infrastructure, source.scenarios);
    }
}
