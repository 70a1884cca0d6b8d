//! `cargo xtask lint`: checks the scenarios and the infrastructure trees without running anything.
//!
//! Exit code 0 when they are valid, 2 otherwise. It contacts no cluster. Core requirements without scenario and core
//! checks without sabotage are counted, and are an error with `--strict`.

mod sarif;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use mtls_core::{
    catalogue::{self, Waivers},
    scenario::{self, Gaps, Loaded, Offered, ScenarioError, effects::Permissions},
    text::counted,
};

use super::scenarios::Directories;
use crate::paths;

/// Checks every scenario, the requirement catalogue and the infrastructure trees; prints each problem with the line to
/// fix.
#[derive(Debug, clap::Args)]
pub(crate) struct Lint {
    #[command(flatten)]
    directories: Directories,
    /// Directory with infrastructure trees, or one tree.
    #[arg(long, default_value_os_t = paths::trees(), value_name = "DIR")]
    infra: PathBuf,
    /// Lists core checks without sabotage and core requirements without scenario, and fails when there is one.
    #[arg(long)]
    strict: bool,
    /// Writes schema.json into scenarios/ and into each directory of your own, which editors use to complete and check scenarios.
    #[arg(long)]
    write_schema: bool,
    /// Also writes every problem to FILE as SARIF 2.1.0, which code hosts show beside the lines.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(lint: &Lint) -> Result<ExitCode> {
    for schema in lint.directories.schemas().iter().filter(|_| lint.write_schema) {
        fs::write(schema, scenario::schema_text()).with_context(|| format!("cannot write {}", schema.display()))?;
    }
    let Linted { loaded, files, problems, mut sarif } = linted(&lint.directories, &lint.infra);
    if problems > 0 {
        sarif.write(lint.sarif.as_deref())?;
        eprintln!("{}", counted(problems, "problem"));
        return Ok(ExitCode::from(2));
    }
    let Loaded { scenarios, catalogue, .. } = loaded;
    let everything =
        Offered { world: "lint".to_owned(), features: BTreeSet::new(), permissions: Permissions::Everything };
    let plan = scenario::plan(&scenarios, &catalogue, &everything, &BTreeSet::new());
    let checks: usize = plan.scenarios.iter().map(|scenario| scenario.checks.len()).sum();
    say!(
        "{}, {}, {} of infrastructure, 0 problems",
        counted(scenarios.len(), "scenario"),
        counted(checks, "check"),
        counted(files, "file")
    );
    let gaps = scenario::gaps(&scenarios, &catalogue);
    let is_open = open(&gaps, lint);
    if lint.strict {
        sarif.add_gaps(&gaps, &paths::scenarios());
    }
    sarif.write(lint.sarif.as_deref())?;
    Ok(if is_open && lint.strict { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// What the linter read, and the problems that it printed.
pub(super) struct Linted {
    loaded: Loaded,
    files: usize,
    pub(super) problems: usize,
    sarif: sarif::Sarif,
}

/// Checks scenarios and trees, and prints every problem.
pub(super) fn linted(directories: &Directories, infra: &Path) -> Linted {
    let mut problems = 0;
    let mut sarif = sarif::Sarif::default();
    let loaded = scenario::load_layers(&paths::scenarios(), &directories.own).unwrap_or_else(|errors| {
        problems += shown(&errors);
        for (folder, errors) in by_folder(errors, directories) {
            sarif.add(&errors, &folder);
        }
        Loaded::default()
    });
    let files = scenario::trees::lint(infra).unwrap_or_else(|errors| {
        problems += shown(&errors);
        sarif.add(&errors, infra);
        0
    });
    // A user's own directory needs no schema, but a stale one misleads editors.
    let is_stale = |schema: &PathBuf| fs::read_to_string(schema).is_ok_and(|text| text != scenario::schema_text());
    for schema in directories.schemas().iter().filter(|schema| is_stale(schema)) {
        eprintln!("{} is out of date: run `cargo xtask lint --write-schema`", schema.display());
        sarif.add_stale_schema(schema);
        problems += 1;
    }
    Linted { loaded, files, problems, sarif }
}

/// The errors of each directory: they name their files from the directory's name on. What fits none is of the shipped one.
fn by_folder(errors: Vec<ScenarioError>, directories: &Directories) -> BTreeMap<PathBuf, Vec<ScenarioError>> {
    let mut sorted: BTreeMap<PathBuf, Vec<ScenarioError>> = BTreeMap::new();
    for error in errors {
        let first = error.file().and_then(|file| Path::new(file).components().next());
        let own = directories.own.iter().find(|own| own.components().next_back() == first && first.is_some());
        sorted.entry(own.cloned().unwrap_or_else(paths::scenarios)).or_default().push(error);
    }
    sorted
}

/// The waivers of this file; `None` after printing what is wrong with it.
pub(crate) fn waivers(file: &Path) -> Option<Waivers> {
    let error = match catalogue::load_waivers(file) {
        Ok(waivers) => return Some(waivers),
        Err(error) => error,
    };
    shown(&[error.into()]);
    None
}

/// Prints every problem; returns their number.
pub(crate) fn shown(errors: &[ScenarioError]) -> usize {
    for error in errors {
        eprint!("{}", error.render());
    }
    errors.iter().map(|error| error.problems().len().max(1)).sum()
}

/// Prints the gaps; returns whether there is one.
fn open(gaps: &Gaps, lint: &Lint) -> bool {
    let by_scenario: Vec<String> =
        gaps.without_sabotage.iter().map(|(id, names)| format!("{id} ({})", names.len())).collect();
    let checks: Vec<String> = gaps
        .without_sabotage
        .iter()
        .flat_map(|(id, names)| names.iter().map(move |name| format!("{id}#{name}")))
        .collect();
    let requirements = &gaps.without_scenario;
    enumerate(lint, &format!("{} without sabotage", counted(checks.len(), "core check")), &by_scenario, &checks);
    let what = format!("{} without scenario", counted(requirements.len(), "core requirement"));
    enumerate(lint, &what, requirements, requirements);
    !checks.is_empty() || !requirements.is_empty()
}

/// Prints one line with the first few, or a line for each.
fn enumerate(lint: &Lint, what: &str, short: &[String], whole: &[String]) {
    const FEW: usize = 8;
    if whole.is_empty() {
        return;
    }
    if lint.strict {
        say!("{what}:");
        for name in whole {
            say!("  {name}");
        }
        return;
    }
    let first = short.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    match short.len().saturating_sub(FEW) {
        0 => say!("{what}: {first}"),
        more => say!("{what}: {first} and {more} more, which `--strict` lists"),
    }
}
