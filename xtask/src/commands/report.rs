//! `cargo xtask report RUN`: judges a recorded run again and writes its reports anew. Needs no cluster.

use std::{
    env,
    io::{IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use harness::{
    evidence::log,
    report::{Color, Report, Style, table, write_all},
    verdict::Exit,
};

/// Judge a recorded run again and write its reports anew.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A run directory, the id of a run under target/e2e, or `latest`.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
}

/// Writes the reports and prints the table; the exit is the one that the record deserves.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let directory = find(&arguments.run)?;
    let (report, judgement) = write_all(&directory).context("the run could not be reported")?;
    print_table(&report, &directory, out)?;
    Ok(judgement.exit)
}

/// The final table, as wide as the terminal and coloured when somebody looks at it.
pub(crate) fn print_table(report: &Report, directory: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let path = directory.join("report.html");
    let plain = env::var_os("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    let style = Style {
        width: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH),
        color: if plain { Color::Plain } else { Color::Ansi },
        report: &path.display().to_string(),
    };
    out.write_all(table(report, style).as_bytes()).context("the table could not be printed")
}

/// Turns what the user wrote into a run directory.
fn find(run: &str) -> anyhow::Result<PathBuf> {
    let written = Path::new(run);
    let under_target = runs().join(run);
    let candidates = [written.to_owned(), written.parent().unwrap_or(written).to_owned(), under_target];
    if let Some(directory) = candidates.iter().find(|directory| directory.join(log::FILE_NAME).is_file()) {
        return Ok(directory.clone());
    }
    let known = known_runs();
    let known =
        if known.is_empty() { "none yet; start one with `cargo xtask e2e`".to_owned() } else { known.join(", ") };
    bail!(
        "`{run}` is no recorded run: neither a folder with {}, nor a run under {} (there: {known})",
        log::FILE_NAME,
        runs().display()
    )
}

fn known_runs() -> Vec<String> {
    let entries = std::fs::read_dir(runs()).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join(log::FILE_NAME).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Where runs are recorded.
fn runs() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    target.join("e2e")
}

fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Columns when nobody says how many there are.
const WIDTH: usize = 100;
