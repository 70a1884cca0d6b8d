//! `cargo xtask lint`: checks the scenarios and the infrastructure trees without running anything.
//!
//! Exit code 0 when they are valid, 2 otherwise. It contacts no cluster. Core requirements without scenario and core
//! checks without sabotage are counted, and are an error with `--strict`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use mtls_core::{
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
}

/// Runs the command.
pub(crate) fn run(lint: &Lint) -> Result<ExitCode> {
    for schema in lint.directories.schemas().iter().filter(|_| lint.write_schema) {
        fs::write(schema, scenario::schema_text()).with_context(|| format!("cannot write {}", schema.display()))?;
    }
    let Linted { loaded, files, problems } = linted(&lint.directories, &lint.infra);
    if problems > 0 {
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
    let is_open = open(&scenario::gaps(&scenarios, &catalogue), lint);
    Ok(if is_open && lint.strict { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// What the linter read, and the number of problems that it printed.
pub(super) struct Linted {
    loaded: Loaded,
    files: usize,
    pub(super) problems: usize,
}

/// Checks scenarios and trees, and prints every problem.
pub(super) fn linted(directories: &Directories, infra: &Path) -> Linted {
    let mut problems = 0;
    let loaded = directories.load().unwrap_or_else(|count| {
        problems += count;
        Loaded::default()
    });
    let files = scenario::trees::lint(infra).unwrap_or_else(|errors| {
        problems += shown(&errors);
        0
    });
    // A user's own directory needs no schema, but a stale one misleads editors.
    let is_stale = |schema: &PathBuf| fs::read_to_string(schema).is_ok_and(|text| text != scenario::schema_text());
    for schema in directories.schemas().iter().filter(|schema| is_stale(schema)) {
        eprintln!("{} is out of date: run `cargo xtask lint --write-schema`", schema.display());
        problems += 1;
    }
    Linted { loaded, files, problems }
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
