//! The project's commands: `cargo xtask --help`.
//!
//! Parses arguments, calls the library, prints, and turns the result into an exit code. Decides nothing.
#![expect(clippy::print_stderr, reason = "a command line program complains")]

/// Prints a line. That nobody reads any more (`| head`) is no failure: what was begun is ended in order.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod clock;
mod commands;
mod paths;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use harness::verdict::Exit;

/// Examines a platform for mutual TLS: cert-manager, SPIRE, Istio and the alerts around them.
///
/// New here? On Debian as root: `cargo xtask e2e --provision`. It installs what is missing, pulls the stack's images where upstream's
/// registries answer (minutes) and else builds them from source (about half an hour, once), creates a Kubernetes in containers, runs
/// every scenario and writes a report.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about, long_about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios against a world and write the reports.
    E2e(commands::e2e::Arguments),
    /// Break the world on purpose, in every way that scenarios say their checks notice, and see each check red.
    Prove(commands::prove::Arguments),
    /// Everything, on one world, with a record per stage: what a pipeline runs every night.
    Nightly(commands::nightly::Arguments),
    /// Create a world that following `e2e` runs reuse.
    Up(commands::up::Arguments),
    /// Remove a world.
    Down(commands::down::Arguments),
    /// Undo what a killed run has left changed in a world.
    Repair(commands::repair::Arguments),
    /// Remove whatever killed runs have left in the engine.
    Clean(commands::clean::Arguments),
    /// Time how long a cluster takes, ours and the original kind's.
    Bench(commands::bench::Arguments),
    /// Run kubectl against a world.
    Kubectl(commands::kubectl::Arguments),
    /// Check scenario files without running them.
    Lint(commands::lint::Lint),
    /// Check that the code keeps to its invariants, and the dependencies to deny.toml.
    Tidy(commands::tidy::Arguments),
    /// Compute a run's verdicts again from its record alone, and hold them against its report.
    Judge(commands::judge::Arguments),
    /// Show check by check what differs between two recorded runs.
    Compare(commands::compare::Arguments),
    /// Render a run's reports again, without a cluster.
    Report(commands::report::Arguments),
    /// Show the certificate cases of several runs beside each other.
    Corpus(commands::corpus::Arguments),
    /// Get, build, pull, export or list the images of the stack.
    Images(commands::images::Args),
    /// Say what this machine lacks, with the fix for each, and which versions of the stack nobody supports any more.
    Doctor(commands::doctor::Args),
    /// Install and start what `doctor` finds missing (Debian, as root).
    Provision(commands::provision::Args),
}

const EXIT_CODES: &str = "\
Exit codes of `e2e`:
    0 conformant            1 product failed      2 usage or lint
    3 environment broken    4 nothing proven      5 time budget exceeded
    6 snapshot drift only   130 interrupted";

fn main() -> ExitCode {
    let clock = clock::Clock::start();
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::E2e(arguments) => commands::e2e::run(&arguments, &clock),
        Command::Prove(arguments) => commands::prove::run(&arguments, &clock),
        Command::Nightly(arguments) => commands::nightly::run(&arguments),
        Command::Up(arguments) => commands::up::run(&arguments, &clock),
        Command::Down(arguments) => commands::down::run(&arguments, &clock),
        Command::Repair(arguments) => commands::repair::run(&arguments),
        Command::Clean(arguments) => commands::clean::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Kubectl(arguments) => commands::kubectl::run(&arguments),
        Command::Lint(arguments) => commands::lint::run(&arguments),
        Command::Tidy(arguments) => commands::tidy::run(&arguments),
        Command::Judge(arguments) => commands::judge::run(&arguments),
        Command::Compare(arguments) => commands::compare::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Corpus(arguments) => commands::corpus::run(&arguments),
        Command::Images(arguments) => {
            paths::runtime().and_then(|runtime| runtime.block_on(commands::images::run(arguments)))
        }
        Command::Doctor(arguments) => {
            paths::runtime().and_then(|runtime| runtime.block_on(commands::doctor::run(arguments)))
        }
        Command::Provision(arguments) => {
            paths::runtime().and_then(|runtime| runtime.block_on(commands::provision::run(arguments)))
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(Exit::Broken.code())
        }
    }
}
