//! `lint --sarif FILE`: what the linter found, collected and written as SARIF. The log itself is `mtls_core::sarif`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use mtls_core::{
    sarif::{Listed, Origin, log},
    scenario::{Gaps, ScenarioError},
};

/// The problems so far.
#[derive(Default)]
pub(super) struct Sarif(Vec<Listed>);

impl Sarif {
    /// Adds what was found in this folder, from whose name on the errors name their files.
    pub(super) fn add(&mut self, errors: &[ScenarioError], folder: &Path) {
        let folder = absolute(folder);
        let source_root = current();
        let origin = Origin { source_root: &source_root, folder: folder.parent().unwrap_or(&folder) };
        self.0.extend(Listed::of_errors(errors, origin));
    }

    pub(super) fn add_stale_schema(&mut self, schema: &Path) {
        let message = "the schema is out of date: run `cargo xtask lint --write-schema`";
        let source_root = current();
        self.0.push(Listed::stale_schema(
            message,
            &absolute(schema),
            Origin { source_root: &source_root, folder: &source_root },
        ));
    }

    /// Adds what the scenarios in this folder leave open.
    pub(super) fn add_gaps(&mut self, gaps: &Gaps, scenarios: &Path) {
        let source_root = current();
        let origin = Origin { source_root: &source_root, folder: &source_root };
        let folder = absolute(scenarios);
        for (id, names) in &gaps.without_sabotage {
            let file = folder.join(format!("{id}.yaml"));
            let listed = names.iter().map(|name| format!("no sabotage makes the core check {id}#{name} fail"));
            self.0.extend(listed.map(|message| Listed::gap(&message, &file, origin)));
        }
        let catalogue = folder.join("requirements.yaml");
        let listed = gaps.without_scenario.iter().map(|id| format!("no scenario examines the core requirement {id}"));
        self.0.extend(listed.map(|message| Listed::gap(&message, &catalogue, origin)));
    }

    /// Writes the log, if a file is given.
    pub(super) fn write(&self, file: Option<&Path>) -> Result<()> {
        let Some(file) = file else { return Ok(()) };
        fs::write(file, log(&self.0)?).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Locations of the log are relative to the folder that the command runs in: that of the repository in a pipeline.
fn current() -> PathBuf {
    env::current_dir().and_then(fs::canonicalize).unwrap_or_default()
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| current().join(path))
}
