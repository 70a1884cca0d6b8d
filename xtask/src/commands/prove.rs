//! `cargo xtask prove`: whether checks can fail, by breaking what they look at.

use std::process::ExitCode;

use anyhow::Result;

use super::e2e;

#[derive(clap::Args)]
#[group(id = "proof")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: e2e::Arguments,
    /// Only sabotages whose id (`strict/enforcement-grid!permissive`) contains this, or matches it with `*`.
    #[arg(long, value_name = "PATTERN")]
    sabotage: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    e2e::prove(&arguments.run, arguments.sabotage.as_deref())
}
