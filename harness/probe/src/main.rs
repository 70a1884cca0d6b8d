//! `mtls-probe`: what the harness examines with, as a program. One JSON job line in, JSON lines out.
//!
//! Exit code 0 when the job ran, whatever the results of its attempts; 2 for a malformed job or usage;
//! 70 for an internal error.

mod command;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use command::Problem;

#[derive(Debug, Parser)]
#[command(name = "mtls-probe", version, about = "Probes servers and clients; prints one JSON line per exchange")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the attempts of one JSON job line read from standard input.
    Attempts,
    /// Serves a fake Workload API for one JSON job line, until standard input ends.
    FakeAgent,
    /// Serves the hostile cases of one JSON job line until standard input ends.
    Serve,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&arguments)));
    let problem = match outcome {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(problem)) => problem,
        // The panic hook has written the message.
        Err(_) => return ExitCode::from(OUR_BUG),
    };
    // Standard error may be closed; the exit code still reports the failure.
    let _ = writeln!(std::io::stderr(), "mtls-probe: {problem}");
    ExitCode::from(match problem {
        Problem::Ours(_) => OUR_BUG,
        Problem::Usage(_) => USAGE,
    })
}

fn run(arguments: &Arguments) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Attempts => command::attempts().await,
            Command::FakeAgent => command::fake_agent().await,
            Command::Serve => command::serve().await,
        }
    });
    // A blocked reader of standard input must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

const OUR_BUG: u8 = 70;
const USAGE: u8 = 2;
