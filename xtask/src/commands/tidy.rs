//! `cargo xtask tidy`: checks the invariants of ARCHITECTURE.md.
//!
//! Reads the workspace, the offline output of `cargo metadata` and the commits of this branch alone; changes nothing.
//! Exit code 0 when every rule holds, 2 when one is violated. Checks of clippy and the scenario linter are not repeated here.

mod circles;
mod commits;
mod deny;
mod dependencies;
mod habits;
mod imports;
mod licence;
mod metadata;
mod modules;
mod names;
mod problem;
mod purity;
mod scenarios;
mod secrets;
mod source;
pub(crate) mod tree;
mod words;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use self::{
    problem::{Problem, Severity},
    source::Source,
    tree::TextFile,
};
use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Show the notes too: long files, crates that are present in several versions, words that are being replaced.
    #[arg(long)]
    notes: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let files = tree::read(paths::workspace()).context("read the workspace")?;
    let mut problems = of_sources(&files);
    problems.extend(secrets::check(&files, paths::workspace()));
    problems.extend(words::check(&files));
    problems.extend(commits::check(paths::workspace()));
    problems.extend(scenarios::check(&files, &paths::scenarios()));
    let graph = metadata::load()?;
    let policy = deny::Policy::of(&files)?;
    problems.extend(dependencies::check(&graph, &policy));
    problems.sort();

    let notes = problems.iter().filter(|problem| problem.severity == Severity::Note).count();
    let errors = problems.len() - notes;
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error || arguments.notes) {
        say!("{problem}");
    }
    say!("{} files, {} packages: {errors} problems, {notes} notes", files.len(), graph.packages.len());
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Every rule about Rust code.
fn of_sources(files: &[TextFile]) -> Vec<Problem> {
    let sources: Vec<Source> =
        files.iter().filter(|file| tree::is_rust(file)).map(|file| Source::read(&file.path, &file.text)).collect();
    let rules = [names::products, purity::check, habits::check, circles::check];
    rules.iter().flat_map(|rule| rule(&sources)).collect()
}
