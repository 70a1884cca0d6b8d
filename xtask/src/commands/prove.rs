//! `cargo xtask prove`: tests whether checks can fail, by sabotaging what they observe.

use std::process::ExitCode;

use anyhow::Result;

use super::e2e;
use crate::clock::Clock;

#[derive(clap::Args)]
#[group(id = "proof")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: e2e::Arguments,
    /// Only sabotages whose id (`strict/enforcement-grid!permissive`) contains one of these, or matches it with `*`.
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    sabotage: Vec<String>,
    /// Make each change of scenarios/library in turn, and run every read-only scenario again under it: which changes
    /// are detected, and by which check? `--sabotage` then selects the changes.
    #[arg(long)]
    wild: bool,
    /// Resume interrupted runs: leave out sabotages that their records prove with the same checks, trials and reasons.
    #[arg(long, value_name = "RUNS", value_delimiter = ',', conflicts_with = "wild")]
    resume: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    let patterns = &arguments.sabotage;
    if arguments.wild {
        e2e::wild(&arguments.run, patterns, clock)
    } else {
        e2e::prove(&arguments.run, patterns, &arguments.resume, clock)
    }
}
