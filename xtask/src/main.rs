//! The project's commands: `cargo xtask COMMAND`.

mod commands;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what this machine has of what the harness needs.
    Doctor(commands::doctor::Args),
    /// Build and list the stack's images.
    Images(commands::images::Args),
    /// Install and start what is missing (Debian, as root).
    Provision(commands::provision::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Doctor(args) => commands::doctor::run(args).await,
        Command::Images(args) => commands::images::run(args).await,
        Command::Provision(args) => commands::provision::run(args).await,
    };
    done.unwrap_or_else(|error| {
        // Nobody is left to tell when even this cannot be written.
        let _ = writeln!(std::io::stderr().lock(), "error: {error:#}");
        ExitCode::from(3)
    })
}
