//! The project's commands: `cargo xtask --help`.
//!
//! Parses arguments, calls the library, prints, and turns the result into an exit code. Contains no other logic.
#![expect(clippy::print_stderr, reason = "a command line program complains")]

/// Prints a line. A closed output (`| head`) is not an error: the command finishes in order.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod clock;
mod commands;
#[cfg(test)]
mod documented;
mod paths;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mtls_core::verdict::Exit;

/// Tests a platform for mutual TLS: cert-manager, SPIRE, Istio and the alerts around them.
///
/// New here? On Debian as root: `cargo xtask e2e --provision`. It installs what is missing, pulls the stack's images
/// if upstream's registries answer (minutes) or builds them from source (about half an hour, once), creates a
/// Kubernetes cluster in containers, runs every scenario and writes a report.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about, long_about, after_help = exit_codes())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios against a world and write the reports.
    E2e(commands::e2e::Arguments),
    /// Run the sabotages of the scenarios, and test that their checks fail.
    Prove(commands::prove::Arguments),
    /// Run everything in one world, with a record per stage: for a nightly pipeline.
    Nightly(commands::nightly::Arguments),
    /// Run and prove what a profile demands, and write a signed certificate about it.
    Certify(commands::certify::Arguments),
    /// Check a certificate: every signature, every digest and every verdict again, without a cluster or a network.
    Verify(commands::verify::Arguments),
    /// Create a world that following `e2e` runs reuse.
    Up(commands::up::Arguments),
    /// Remove a world.
    Down(commands::down::Arguments),
    /// Undo what a killed run has left changed in a world.
    Repair(commands::repair::Arguments),
    /// Remove what killed runs have left in the engine.
    Clean(commands::clean::Arguments),
    /// Measure the creation time of a cluster, ours and the original kind's.
    Bench(commands::bench::Arguments),
    /// Compare the prediction of mesh policies with what istiod pushes, for generated policies.
    Differential(commands::differential::Arguments),
    /// Run kubectl against a world.
    Kubectl(commands::kubectl::Arguments),
    /// Check scenario files without running them.
    Lint(commands::lint::Lint),
    /// Write the beginning of a scenario, with comments.
    New(commands::new::Arguments),
    /// Rewrite scenario files of an old version in place.
    Migrate(commands::migrate::Arguments),
    /// Check the invariants of the code, and the dependencies against deny.toml.
    Tidy(commands::tidy::Arguments),
    /// Compute a run's verdicts again from its record, and compare them with its report.
    Judge(commands::judge::Arguments),
    /// Show the differences between two recorded runs, check by check.
    #[command(visible_alias = "diff")]
    Compare(commands::compare::Arguments),
    /// Show the verdicts of a check over the runs of the store, and how often it was flaky.
    History(commands::history::Arguments),
    /// Write a run into one file, which `judge`, `report` and `compare` take.
    Export(commands::archive::Export),
    /// Unpack an exported run and enter it in the store.
    Import(commands::archive::Import),
    /// Render a run's reports again, without a cluster.
    Report(commands::report::Arguments),
    /// Show the certificate cases of several runs side by side.
    Corpus(commands::corpus::Arguments),
    /// Get, build, pull, export or list the images of the stack, or prove `pull` against a registry on loopback.
    Images(commands::images::Args),
    /// Show what this machine lacks, with the fix for each, and which versions of the stack are out of support.
    Doctor(commands::doctor::Args),
    /// Install and start what `doctor` finds missing (Debian, as root).
    Provision(commands::provision::Args),
}

/// The table of exit codes at the end of `--help`.
fn exit_codes() -> String {
    let mut exits = Exit::WORST_FIRST;
    exits.sort_by_key(|exit| exit.code());
    let rows = exits.map(|exit| format!("\n{:>5} {}", exit.code(), exit.meaning()));
    format!("Exit codes of `e2e` and `prove`:{}", rows.concat())
}

fn main() -> ExitCode {
    let clock = clock::Clock::start();
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::E2e(arguments) => commands::e2e::run(&arguments, &clock),
        Command::Prove(arguments) => commands::prove::run(&arguments, &clock),
        Command::Nightly(arguments) => commands::nightly::run(&arguments),
        Command::Certify(arguments) => commands::certify::run(&arguments),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Up(arguments) => commands::up::run(&arguments, &clock),
        Command::Down(arguments) => commands::down::run(&arguments, &clock),
        Command::Repair(arguments) => commands::repair::run(&arguments),
        Command::Clean(arguments) => commands::clean::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Differential(arguments) => commands::differential::run(&arguments),
        Command::Kubectl(arguments) => commands::kubectl::run(&arguments),
        Command::Lint(arguments) => commands::lint::run(&arguments),
        Command::New(arguments) => commands::new::run(&arguments),
        Command::Migrate(arguments) => commands::migrate::run(&arguments),
        Command::Tidy(arguments) => commands::tidy::run(&arguments),
        Command::Judge(arguments) => commands::judge::run(&arguments),
        Command::Compare(arguments) => commands::compare::run(&arguments),
        Command::History(arguments) => commands::history::run(&arguments),
        Command::Export(arguments) => commands::archive::write(&arguments),
        Command::Import(arguments) => commands::archive::read(&arguments),
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
