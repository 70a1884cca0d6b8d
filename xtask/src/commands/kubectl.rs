//! `cargo xtask kubectl -- ARGS`: runs the host's kubectl if there is one, else the node's.

use std::{
    io::{Read, Write},
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use harness::cluster::Engine;

use crate::paths;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the world.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    name: String,
    /// Arguments of kubectl.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let kubeconfig = paths::kubeconfig(&arguments.name);
    if !kubeconfig.is_file() {
        bail!("there is no world {}; `cargo xtask up` makes one", arguments.name);
    }
    if Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success()) {
        let status = Command::new("kubectl")
            .env("KUBECONFIG", &kubeconfig)
            .args(&arguments.arguments)
            .status()
            .context("run kubectl")?;
        return Ok(exit(status.code().unwrap_or(1).into()));
    }
    in_node(arguments)
}

/// Runs the node's kubectl. Files named in the arguments must then be passed through standard input (`-f -`).
fn in_node(arguments: &Arguments) -> Result<ExitCode> {
    let node = format!("{}-control-plane", arguments.name);
    let mut stdin = Vec::new();
    if arguments.arguments.iter().any(|argument| argument == "-") {
        std::io::stdin().read_to_end(&mut stdin).context("read standard input")?;
    }
    let command: Vec<&str> = ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"]
        .into_iter()
        .chain(arguments.arguments.iter().map(String::as_str))
        .collect();
    let done =
        paths::runtime()?.block_on(async { Engine::connect().await?.exec(&node, &command, &stdin, LIMIT).await })?;
    std::io::stdout().write_all(&done.stdout)?;
    eprint!("{}", done.stderr);
    Ok(exit(done.code))
}

fn exit(code: i64) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

const LIMIT: Duration = Duration::from_secs(600);
