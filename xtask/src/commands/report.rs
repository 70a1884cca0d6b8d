//! `cargo xtask report RUN`: judges a recorded run again and rewrites its reports. Needs no cluster.

use std::{
    env,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    evidence::log,
    report::{Color, Rows, Style, table, write_all, write_all_against},
    verdict::Judgement,
};

use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A run directory, the id of a run under target/e2e, or `latest`.
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
    let baseline = arguments.baseline.as_deref().map(find).transpose()?;
    let judgement = conclude(&find(&arguments.run)?, baseline.as_deref(), arguments.shown)?;
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

/// Resolves the user's argument to a run directory.
pub(super) fn find(run: &str) -> Result<PathBuf> {
    let written = Path::new(run);
    // A folder, a file in one (such as events.jsonl), or an id.
    let candidates =
        [written.to_owned(), written.parent().unwrap_or(written).to_owned(), paths::runs().root().join(run)];
    if let Some(directory) = candidates.iter().find(|directory| directory.join(log::FILE_NAME).is_file()) {
        return Ok(directory.clone());
    }
    let known = match known_runs() {
        known if known.is_empty() => "none yet; start one with `cargo xtask e2e`".to_owned(),
        known => known.join(", "),
    };
    bail!(
        "`{run}` is neither a folder with {} nor a run in {} ({known})",
        log::FILE_NAME,
        paths::runs().root().display()
    )
}

pub(super) fn known_runs() -> Vec<String> {
    let entries = std::fs::read_dir(paths::runs().root()).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join(log::FILE_NAME).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The default number of columns.
const WIDTH: usize = 100;
