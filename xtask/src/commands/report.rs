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
    report::{Color, Style, table, write_all},
    verdict::Judgement,
};

use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A run directory, the id of a run under target/e2e, or `latest`.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
}

/// Returns the exit code of the record, as the run itself did.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let judgement = conclude(&find(&arguments.run)?)?;
    Ok(ExitCode::from(judgement.exit.code()))
}

/// Judges the record in this directory, writes the reports beside it, shows the table.
pub(crate) fn conclude(directory: &Path) -> Result<Judgement> {
    let (report, judgement) =
        write_all(directory).with_context(|| format!("report on the run in {}", directory.display()))?;
    say!("{}", table(&report, style(&directory.join("report.html").display().to_string())));
    Ok(judgement)
}

/// The style for this terminal, with the path of the full report.
pub(super) fn style(report: &str) -> Style<'_> {
    let plain = env::var_os("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    Style {
        width: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH),
        color: if plain { Color::Plain } else { Color::Ansi },
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
