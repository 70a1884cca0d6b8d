//! `cargo xtask compare BEFORE AFTER`: the differences between two recorded runs, check by check.
//!
//! Both are judged again from their records, without cluster, scenarios or network. Writes nothing.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    evidence::record,
    report::{Detail, JudgedRun, RunComparison, comparison_markdown, comparison_table},
};

use super::report::{Shown, find, style};

#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The earlier run: a run directory, the id of a run under target/e2e, or `latest`.
    #[arg(value_name = "BEFORE")]
    before: String,
    /// The later run.
    #[arg(value_name = "AFTER")]
    after: String,
    /// Which facts of checks with the same verdict are compared: those at paths of expectations that do not differ in
    /// every run, or all.
    #[arg(long, value_enum, default_value_t = Facts::Demanded)]
    facts: Facts,
    /// Write a Markdown page instead of a table.
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Facts {
    /// Facts at the paths of expectations, in the sample that decided. Identities (instants, serial numbers,
    /// fingerprints, addresses, generated names) and measurements within their bounds are counted and left out.
    Demanded,
    /// Every fact of every sample, and every reason.
    All,
}

const AFTER_HELP: &str = "\
Red verdicts need action: fail, broken, unknown, vacuous. A finding is recorded and not red.

Exit codes:
    0  nothing became red
    1  something is red in AFTER and was not in BEFORE: a check (also one that only AFTER has), a scenario, the run
       itself, or a sabotage
    2  usage
    3  a record is missing, damaged or incomplete";

/// Prints the comparison.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (before, after) = (find(&arguments.before)?, find(&arguments.after)?);
    let report = after.join("report.html").display().to_string();
    let detail = match arguments.facts {
        Facts::Demanded => Detail::Demanded,
        Facts::All => Detail::All,
    };
    let (before, after) = match (judged(&before), judged(&after)) {
        (Err(one), Err(other)) => bail!("{one:#}\n{other:#}"),
        (before, after) => (before?, after?),
    };
    let comparison = RunComparison::of(&before, &after, detail);
    if arguments.markdown {
        let mut page = Vec::new();
        comparison_markdown(&comparison, &mut page)?;
        say!("{}", String::from_utf8_lossy(&page).trim_end());
    } else {
        say!("{}", comparison_table(&comparison, style(&report, Shown::ATTENTION)).trim_end());
    }
    let (code, meaning) =
        if comparison.is_newly_red() { (1, "something is newly red") } else { (0, "nothing became red") };
    if !arguments.markdown {
        say!("exit code {code} ({meaning})");
    }
    Ok(ExitCode::from(code))
}

fn judged(directory: &Path) -> Result<JudgedRun> {
    let what = || format!("the run in {} cannot be compared", directory.display());
    JudgedRun::of(&record::read(directory).with_context(what)?).with_context(what)
}
