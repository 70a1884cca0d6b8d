//! `cargo xtask new scenario`: writes the beginning of a scenario, which the linter accepts and which can be proven as it is.
//!
//! It overwrites nothing and runs nothing; the commands to run next are printed.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use mtls_core::{catalogue::Catalogue, verdict::Exit};

use super::scenarios::Directories;
use crate::paths;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write a scenario with a first step, a positive control and a sabotage.
    Scenario(Scenario),
}

#[derive(clap::Args)]
struct Scenario {
    /// Its id, which is its path: lower-case letters, digits and dashes on both sides of one slash.
    #[arg(value_name = "AREA/NAME", value_parser = id)]
    id: String,
    /// The requirement that it proves, one of requirements.yaml.
    #[arg(long, value_name = "ID", default_value = "MESH-01")]
    requirement: String,
    /// A directory of your own to write it into, instead of scenarios/.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const TEMPLATE: &str = include_str!("new/scenario.yaml");

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let What::Scenario(scenario) = &arguments.what;
    let directories = Directories { own: scenario.dir.iter().filter(|dir| dir.exists()).cloned().collect() };
    let Ok(loaded) = directories.load() else { return Ok(ExitCode::from(Exit::Usage.code())) };
    if let Some(refusal) = unknown(&loaded.catalogue, &scenario.requirement) {
        eprintln!("error: {refusal}");
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    if let Some(taken) = loaded.scenarios.iter().find(|other| other.id == scenario.id) {
        eprintln!("error: the scenario `{}` exists: {}; nothing is overwritten", taken.id, taken.file.display());
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    let root = scenario.dir.clone().unwrap_or_else(paths::scenarios);
    let Some(file) = write(&root, &scenario.id, &scenario.requirement)? else {
        eprintln!("error: {} exists; nothing is overwritten", path(&root, &scenario.id).display());
        return Ok(ExitCode::from(Exit::Usage.code()));
    };
    let options = Directories { own: scenario.dir.iter().cloned().collect() }.options();
    say!("written: {}", file.display());
    say!("next:");
    for command in next(&scenario.id, &options) {
        say!("  {command}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The commands that check it, run it, and show that it can fail.
fn next(id: &str, options: &str) -> [String; 3] {
    [
        format!("cargo xtask lint{options}"),
        format!("cargo xtask e2e --env loopback --only {id}{options}"),
        format!("cargo xtask prove --env loopback --only {id}{options}"),
    ]
}

/// Writes the file; `None` when it exists.
fn write(root: &Path, id: &str, requirement: &str) -> Result<Option<PathBuf>> {
    let file = path(root, id);
    let folder = file.parent().unwrap_or(root);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut opened = match OpenOptions::new().write(true).create_new(true).open(&file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", file.display())),
    };
    opened.write_all(text(id, requirement).as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Some(file))
}

fn path(root: &Path, id: &str) -> PathBuf {
    root.join(format!("{id}.yaml"))
}

fn text(id: &str, requirement: &str) -> String {
    let area = id.split('/').next().unwrap_or_default();
    TEMPLATE.replace("AREA/NAME", id).replace("AREA", area).replace("REQUIREMENT", requirement)
}

fn unknown(catalogue: &Catalogue, id: &str) -> Option<String> {
    if catalogue.get(id).is_some() {
        return None;
    }
    let group = id.split('-').next().unwrap_or_default();
    let alike = catalogue.requirements.iter().filter(|one| one.id.split('-').next() == Some(group));
    let alike: Vec<String> = alike.map(|one| format!("\n  {}  {}", one.id, one.text)).collect();
    let advice = if alike.is_empty() { "\nscenarios/requirements.yaml lists them".to_owned() } else { alike.concat() };
    Some(format!("there is no requirement `{id}`{advice}"))
}

/// Parses the id of a scenario, which becomes a path.
fn id(text: &str) -> Result<String, String> {
    let is_word = |word: &str| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match text.split_once('/') {
        Some((area, name)) if is_word(area) && is_word(name) && !matches!(area, "cases" | "library") => {
            Ok(text.to_owned())
        }
        _ => Err("write AREA/NAME in lower-case letters, digits and dashes, such as strict/payments".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use mtls_core::scenario::{self, ScenarioError, model::Action};

    use super::*;

    #[test]
    fn what_is_written_passes_the_linter_and_leaves_no_check_without_sabotage() {
        for requirement in ["MESH-01", "MESH-08"] {
            let own = tempfile::tempdir().unwrap();
            let file = write(own.path(), "payments/who-gets-in", requirement).unwrap().unwrap();
            assert_eq!(file, own.path().join("payments/who-gets-in.yaml"));
            let loaded = scenario::load_layers(&paths::scenarios(), &[own.path().to_owned()])
                .unwrap_or_else(|errors| panic!("{}", errors.iter().map(ScenarioError::render).collect::<String>()));
            let written = loaded.scenarios.last().unwrap();
            assert_eq!(written.id, "payments/who-gets-in");
            assert!(written.proves.iter().eq([requirement]), "{:?}", written.proves);
            let open = scenario::gaps(std::slice::from_ref(written), &loaded.catalogue).without_sabotage;
            assert!(open.is_empty(), "{open:?}");
            // Under the sabotage the sidecar speaks plaintext, and a policy refuses: that must be a failure, not `unknown`.
            let Action::Probe(calls) = &written.steps[1].action else { panic!("{:?}", written.steps[1].id) };
            let seen = serde_json::json!({"outcome": "http-denied(403)", "http-status": 403});
            let missed = calls.0.legend["refused"].mismatches(&seen);
            assert!(missed.iter().any(|one| one.path == "http-status"), "{missed:?}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let own = tempfile::tempdir().unwrap();
        let file = write(own.path(), "a/b", "MESH-01").unwrap().unwrap();
        fs::write(&file, "mine").unwrap();
        assert_eq!(write(own.path(), "a/b", "MESH-01").unwrap(), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }

    #[test]
    fn ids_and_requirements_that_do_not_exist_are_refused() {
        for wrong in ["name", "a/b/c", "A/b", "../b", "a/", "/b", "library/b", "cases/b", "a/1b"] {
            assert!(id(wrong).is_err(), "{wrong}");
        }
        assert_eq!(id("strict/no-workload-permissive").unwrap(), "strict/no-workload-permissive");
        let catalogue = mtls_core::catalogue::load(&paths::scenarios().join("requirements.yaml")).unwrap();
        assert_eq!(unknown(&catalogue, "MESH-01"), None);
        let refusal = unknown(&catalogue, "MESH-99").unwrap();
        assert!(refusal.contains("`MESH-99`") && refusal.contains("\n  MESH-08  "), "{refusal}");
    }
}
