//! `cargo xtask repair`: undoes the changes that a killed run has left in a world.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use harness::{
    cluster::Engine,
    run::{Recorder, accept, chain, pending, repair},
    world::{self, loopback::Programs, sandbox::Sandboxes},
};
use mtls_core::{
    evidence::{
        log::{self, Log},
        store::Store,
    },
    scenario,
    verdict::Exit,
};

use super::scenarios::Directories;
use crate::paths;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the world.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    name: String,
    /// Only print what is still changed.
    #[arg(long, conflicts_with = "accept")]
    dry_run: bool,
    /// Undo nothing and forget the changes: the world is meant to be as it is, and the next run judges it.
    #[arg(long)]
    accept: bool,
    /// The tree that the world was made from, if not fixtures/infra/mtls.
    #[arg(long, value_name = "DIR")]
    infra: Option<PathBuf>,
    // Scenarios define when a fault has recovered.
    #[command(flatten)]
    directories: Directories,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Ok(loaded) = arguments.directories.load() else { return Ok(ExitCode::from(Exit::Usage.code())) };
    paths::runtime()?.block_on(put_back(arguments, &loaded.scenarios))
}

async fn put_back(arguments: &Arguments, known: &[scenario::model::Scenario]) -> Result<ExitCode> {
    let _hold = paths::hold(&arguments.name)?;
    let engine = Engine::connect().await?;
    let kubeconfig = paths::kubeconfig(&arguments.name);
    let found = world::open(&engine, &arguments.name, kubeconfig, &paths::trees(), arguments.infra.as_deref()).await?;
    let world = found.with_context(|| format!("there is no world {}; nothing to repair", arguments.name))?;
    let changes = pending(&world).await?;
    if changes.is_empty() {
        say!("the world {} is as its last run found it: nothing to undo", arguments.name);
        return Ok(ExitCode::SUCCESS);
    }
    for change in &changes {
        say!("  {change}");
    }
    if arguments.dry_run {
        say!("{} changes; `cargo xtask repair --name {}` undoes them", changes.len(), arguments.name);
        return Ok(ExitCode::from(Exit::Broken.code()));
    }
    if arguments.accept {
        let forgotten = accept(&world).await?;
        say!("{} changes are forgotten; nothing is undone", forgotten.len());
        return Ok(ExitCode::SUCCESS);
    }
    // Observations are recorded as in a run but not judged: the record is deleted with the folder.
    let folder = tempfile::tempdir().context("make a folder for the client")?;
    let callers = Programs::without_sidecars(paths::workspace()).await?.callers;
    let world = world.with_sandboxes(Sandboxes::start(&folder.path().join("client"), callers, Vec::new())?);
    let log = Log::create(&folder.path().join(log::FILE_NAME), "repair")?;
    let recorder = Recorder::new(log, Store::new(folder.path()), Box::new(|_| {}));
    let repaired = Box::pin(repair(&world, &recorder, known)).await;
    world.end().await?;
    match repaired {
        Ok(repaired) => {
            say!("{} changes are undone, and the world {} is settled", repaired.len(), arguments.name);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            eprintln!(
                "the changes stay recorded; repair again, remove the world with `cargo xtask down --name {name}`,\n\
                 or say with `cargo xtask repair --name {name} --accept` that the world is meant to be as it is",
                name = arguments.name
            );
            Ok(ExitCode::from(Exit::Broken.code()))
        }
    }
}
