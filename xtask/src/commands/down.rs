//! `cargo xtask down`: removes a world by its labels.

use std::process::ExitCode;

use anyhow::Result;
use harness::cluster::{Engine, Scope, sweep};
use mtls_core::duration::milliseconds;
use mtls_kubernetes::unmerge_kubeconfig;

use crate::{clock::Clock, paths, terminal::seconds};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the world.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    name: String,
}

pub(crate) fn run(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    paths::runtime()?.block_on(async {
        let _hold = paths::hold(&arguments.name)?;
        let engine = Engine::connect().await?;
        clock.end("container engine");
        let removed = sweep(&engine, &Scope::Cluster(arguments.name.clone())).await?;
        let _ = std::fs::remove_file(paths::kubeconfig(&arguments.name));
        unmerge_kubeconfig(&paths::users_kubeconfig()?, &format!("kind-{}", arguments.name))?;
        if removed.is_empty() {
            say!("there is no world {}", arguments.name);
        }
        for object in removed {
            say!("removed {} {}", object.kind, object.name);
        }
        clock.end("world removed");
        say!("{} from start to end", seconds(milliseconds(clock.stop())));
        Ok(ExitCode::SUCCESS)
    })
}
