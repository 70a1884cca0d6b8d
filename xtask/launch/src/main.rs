//! What the alias `cargo xtask` runs: builds xtask with cargo's progress in sight, then becomes it.
//!
//! `cargo run --quiet` alone is silent for as long as xtask compiles, and without `--quiet` it writes two lines before every command.
//! This program prints nothing of its own, knows no command of xtask, and decides nothing about a build but what of it is shown.
#![expect(clippy::print_stderr, reason = "a command line program complains")]

mod environment;
mod progress;

use std::{
    env,
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    time::SystemTime,
};

use self::{
    environment::{began, is_of_this_package, shown},
    progress::Filter,
};

/// What cargo itself ends with when something does not compile.
const NOT_BUILT: u8 = 101;

fn main() -> ExitCode {
    let started = SystemTime::now();
    match build() {
        Ok(ExitStatus::Success) => become_xtask(started),
        Ok(ExitStatus::Failure(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: cargo cannot build xtask: {error}");
            ExitCode::from(NOT_BUILT)
        }
    }
}

enum ExitStatus {
    Success,
    Failure(u8),
}

/// Builds xtask as `cargo run` would, and shows what cargo writes except for the last line of a build that succeeds.
fn build() -> io::Result<ExitStatus> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--package", "xtask"]).stdin(Stdio::null()).stderr(Stdio::piped());
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_this_package(name)) {
        command.env_remove(name);
    }
    command.envs(shown(|name| env::var_os(name)));
    let mut child = command.spawn()?;
    show(&mut child)?;
    let status = child.wait()?;
    if status.success() {
        return Ok(ExitStatus::Success);
    }
    Ok(ExitStatus::Failure(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_BUILT)))
}

/// Copies cargo's standard error to ours, as it comes.
fn show(cargo: &mut Child) -> io::Result<()> {
    let Some(mut from) = cargo.stderr.take() else { return Ok(()) };
    let mut filter = Filter::default();
    let mut buffer = [0; 8192];
    loop {
        let length = from.read(&mut buffer)?;
        let text = if length == 0 { filter.end() } else { filter.take(&buffer[..length]) };
        // That nobody reads it any more is no reason to stop a build.
        let _ = io::stderr().write_all(&text);
        if length == 0 {
            return Ok(());
        }
    }
}

/// The program that cargo has just put beside this one's folder: `target/debug/xtask` for `target/launch/xtask-launch`.
fn program() -> io::Result<PathBuf> {
    let folder = env::current_exe()?.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
    Ok(folder.join("debug").join("xtask").with_extension(env::consts::EXE_EXTENSION))
}

fn become_xtask(started: SystemTime) -> ExitCode {
    let (mut command, program) = match program() {
        Ok(program) => (Command::new(&program), program),
        Err(error) => {
            eprintln!("error: the program of xtask cannot be found: {error}");
            return ExitCode::from(NOT_BUILT);
        }
    };
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    command.args(arguments).env(environment::BEGAN, began(std::process::id(), started));
    for (name, value) in environment::of_xtask(env::vars_os()) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let error = replace(&mut command);
    match error {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {} cannot be run: {error}", program.display());
            ExitCode::from(NOT_BUILT)
        }
    }
}

/// Becomes the program: its process id, signals and exit code are then this one's.
#[cfg(unix)]
fn replace(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

/// Runs the program, where one process cannot become another.
#[cfg(not(unix))]
fn replace(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(NOT_BUILT)))
}
