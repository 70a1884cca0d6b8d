//! `cargo xtask prove`: whether checks can fail, by breaking what they look at.

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
    /// Make each change of scenarios/library in turn, and tell every scenario that only looks again under it: which mistakes would have
    /// been noticed, and by which check? `--sabotage` then chooses among the changes.
    #[arg(long)]
    wild: bool,
    /// Go on where interrupted runs stopped: leave out what their records prove, of the same checks in the same trials for the same reasons.
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
