//! `cargo xtask lint`: are the scenarios sound, without running any.
//!
//! Exit code 0 when they are, 2 when one is not. It contacts no cluster.

use std::{collections::BTreeSet, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use harness::{
    catalogue,
    scenario::{self, Offered},
};

/// Checks every scenario and the requirement catalogue; prints each problem with the line to fix.
#[derive(Debug, clap::Args)]
pub(crate) struct Lint {
    /// Directory with requirements.yaml and <area>/<name>.yaml.
    #[arg(long, default_value = "scenarios", value_name = "DIR")]
    scenarios: PathBuf,
    /// Writes <DIR>/schema.json, which editors use to complete and check scenarios.
    #[arg(long)]
    write_schema: bool,
}

/// Runs the command.
pub(crate) fn run(lint: &Lint) -> Result<ExitCode> {
    let schema = lint.scenarios.join("schema.json");
    if lint.write_schema {
        fs::write(&schema, scenario::schema_text()).with_context(|| format!("cannot write {}", schema.display()))?;
    }
    let mut problems = 0;
    let scenarios = match scenario::load_all(&lint.scenarios) {
        Ok(scenarios) => scenarios,
        Err(errors) => {
            for error in &errors {
                eprint!("{}", error.render());
                problems += error.problems().len().max(1);
            }
            Vec::new()
        }
    };
    // A directory of one's own needs no schema, but a stale one misleads editors.
    if fs::read_to_string(&schema).is_ok_and(|text| text != scenario::schema_text()) {
        eprintln!("{} is out of date: run `cargo xtask lint --write-schema`", schema.display());
        problems += 1;
    }
    if problems > 0 {
        eprintln!("{}", counted(problems, "problem"));
        return Ok(ExitCode::from(2));
    }
    let catalogue = catalogue::load(&lint.scenarios.join("requirements.yaml"))?;
    let everything = Offered { world: "lint".to_owned(), features: BTreeSet::new() };
    let plan = scenario::plan(&scenarios, &catalogue, &everything, &BTreeSet::new());
    let checks: usize = plan.scenarios.iter().map(|scenario| scenario.checks.len()).sum();
    println!("{}, {}, 0 problems", counted(scenarios.len(), "scenario"), counted(checks, "check"));
    Ok(ExitCode::SUCCESS)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
