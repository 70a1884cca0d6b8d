//! `cargo xtask migrate`: rewrites documents of an old version of the scenario language in place.
//!
//! Exit code 0 when everything is of the current version afterwards, 1 with `--check` when something is not, 2 when a document cannot be
//! rewritten; then no file is written at all. How a document is rewritten is the library's concern.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    scenario::{Migration, migrate},
    yaml::Problems,
};

/// Rewrites scenarios, case files, changes of the library and catalogues of `mtls-e2e/v1alpha1` as `mtls-e2e/v1alpha2`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files, or directories with such files at any depth.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Writes nothing and ends with 1 when a file would change.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut rewritten = Vec::new();
    let mut current = Vec::new();
    let mut is_refused = false;
    for path in &arguments.paths {
        for file in files(path)? {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            match migrate(&text) {
                Ok(Migration::Rewritten(text)) => rewritten.push((file, text)),
                Ok(Migration::Current) => current.push(file),
                Ok(Migration::Foreign) if file == *path => bail!("{} is no document of this project", file.display()),
                Ok(Migration::Foreign) => {}
                Err(problems) => {
                    is_refused = true;
                    eprint!("{}", Problems::of(&file, &text, problems).render());
                }
            }
        }
    }
    if is_refused {
        eprintln!("nothing is written");
        return Ok(ExitCode::from(2));
    }
    for file in &current {
        say!("{}: is v1alpha2 already", file.display());
    }
    for (file, text) in &rewritten {
        if arguments.check {
            say!("{}: would be rewritten", file.display());
        } else {
            fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            say!("{}: rewritten", file.display());
        }
    }
    Ok(if arguments.check && !rewritten.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The file itself, or every YAML file under a directory, in the order of their paths.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let entry = entry?.path();
        let is_yaml = entry.extension().is_some_and(|suffix| suffix == "yaml" || suffix == "yml");
        if entry.is_dir() {
            files.extend(self::files(&entry)?);
        } else if is_yaml {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}
