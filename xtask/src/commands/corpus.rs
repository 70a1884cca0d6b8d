//! `cargo xtask corpus [RUN…]`: the certificate cases of several runs side by side. Needs no cluster.

use std::{fs, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use mtls_core::report::{CasesPage, beside, case_grids, case_line, case_markdown, read};

use super::located::{find, known_runs};
use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run directories or ids; without any, the newest run of every world that has certificate cases.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
}

/// Prints Markdown and writes a page. The verdicts are those of the runs, so the exit code is 0 once they are shown.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = if arguments.runs.is_empty() { known_runs() } else { arguments.runs.clone() };
    let mut runs = Vec::new();
    for name in &wanted {
        let directory = find(name)?;
        let (report, _) = read(&directory).with_context(|| format!("read the run in {}", directory.display()))?;
        let grids = case_grids(&report);
        if !grids.is_empty() {
            runs.push((report.run.world.clone(), report.run.id.clone(), grids));
        }
    }
    if arguments.runs.is_empty() {
        // Ids begin with the time of the run: a later run of the same world replaces an earlier one.
        runs.sort_by(|one, other| other.1.cmp(&one.1));
        let mut worlds = Vec::new();
        runs.retain(|(world, ..)| {
            !worlds.contains(world) && {
                worlds.push(world.clone());
                true
            }
        });
    }
    if runs.is_empty() {
        bail!("none of {} has certificate cases; `cargo xtask e2e --only 'tls/*'` makes one", wanted.join(", "));
    }
    let named: Vec<_> = runs.into_iter().map(|(world, id, grids)| (format!("{world} {id}"), grids)).collect();
    let grids = beside(&named);
    for grid in &grids {
        let mut text = Vec::new();
        case_markdown(grid, &mut text)?;
        say!("## {}\n\n{}\n\n{}", grid.title, case_line(grid), String::from_utf8_lossy(&text));
    }
    let page = paths::runs().root().join("corpus.html");
    fs::write(&page, CasesPage::of(&grids).text()?).with_context(|| format!("write {}", page.display()))?;
    say!("page: {}", page.display());
    Ok(ExitCode::SUCCESS)
}
