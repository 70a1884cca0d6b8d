//! `cargo xtask report RUN`: judges a recorded run again and rewrites its reports. Needs no cluster.

use std::{env, io::IsTerminal as _, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};
use mtls_core::{
    report::{Color, Rows, Style, read, table, write_all, write_all_against},
    verdict::Judgement,
};

use super::located::find;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A run directory, the id of a run under target/e2e, `latest`, or an archive, of which the table alone is shown.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
    #[command(flatten)]
    shown: Shown,
    /// An earlier run: the reports and the table say what is new since.
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
}

/// What the table at the end of a run shows.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Shown {
    /// List the requirements that pass or do not apply too, before those that need attention.
    #[arg(long)]
    all: bool,
}

impl Shown {
    /// Only what needs attention.
    pub(crate) const ATTENTION: Self = Self { all: false };

    fn rows(self) -> Rows {
        if self.all { Rows::All } else { Rows::NotGreen }
    }
}

/// Returns the exit code of the record, as the run itself did.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let found = find(&arguments.run)?;
    if found.is_archive() {
        let (report, judgement) = read(&found).with_context(|| format!("report on {}", arguments.run))?;
        say!("{}", table(&report, style("none; `cargo xtask import` makes a run of the archive", arguments.shown)));
        return Ok(ExitCode::from(judgement.exit.code()));
    }
    let baseline = arguments.baseline.as_deref().map(find).transpose()?;
    let judgement = conclude(&found, baseline.as_deref(), arguments.shown)?;
    Ok(ExitCode::from(judgement.exit.code()))
}

/// Judges the record in this directory, writes the reports beside it, shows the table. With a baseline, the reports for
/// people say what is new since.
pub(crate) fn conclude(directory: &Path, baseline: Option<&Path>, shown: Shown) -> Result<Judgement> {
    let (report, judgement) = match baseline {
        Some(baseline) => write_all_against(directory, baseline),
        None => write_all(directory),
    }
    .with_context(|| format!("report on the run in {}", directory.display()))?;
    say!("{}", table(&report, style(&directory.join("report.html").display().to_string(), shown)));
    Ok(judgement)
}

/// The style for this terminal, with the path of the full report.
pub(super) fn style(report: &str, shown: Shown) -> Style<'_> {
    let plain = env::var_os("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    Style {
        width: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH),
        color: if plain { Color::Plain } else { Color::Ansi },
        rows: shown.rows(),
        report,
    }
}

/// The default number of columns.
const WIDTH: usize = 100;
