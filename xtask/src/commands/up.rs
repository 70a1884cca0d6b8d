//! `cargo xtask up`: creates a world that stays.

use std::process::ExitCode;

use anyhow::Result;
use harness::{
    cluster::Engine,
    run::{Site, chain, run_id, stop_on_interrupt},
    stack::Sources,
    world::{Reuse, up},
};
use mtls_core::{duration::milliseconds, verdict::Exit};
use mtls_kubernetes::merge_kubeconfig;

use super::node_image::WorldArguments;
use crate::{clock::Clock, paths, terminal::seconds};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also add the cluster to your own kubeconfig (the first file of KUBECONFIG, else ~/.kube/config).
    #[arg(long)]
    merge_kubeconfig: bool,
    #[command(flatten)]
    world: WorldArguments,
}

pub(crate) fn run(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    paths::runtime()?.block_on(bring_up(arguments, clock))
}

async fn bring_up(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    let world = &arguments.world;
    let engine = Engine::connect().await?;
    let site = Site::in_containers(&engine, &world.name, &paths::runs()).await?;
    clock.end("container engine");
    let nodes = world.request(world.image(Some(&engine)).await?.as_ref());
    clock.end("node image");
    let run = run_id(jiff::Timestamp::now(), std::process::id());
    let sources = Sources::new(&paths::trees(), world.infra.as_deref());
    let name = world.name.clone();
    let mut stop = stop_on_interrupt(move || super::e2e::leave_now(&name));
    let phase = |phase: &str, took: std::time::Duration| clock.measured(phase, took);
    let result = tokio::select! {
        result = up(&engine, &run, &nodes, sources, &phase) => result,
        () = stop.asked() => {
            eprintln!("interrupted; removing the world {}", world.name);
            site.remove().await?;
            return Ok(ExitCode::from(Exit::Interrupted.code()));
        }
    };
    match result {
        Ok(made) => {
            if arguments.merge_kubeconfig {
                merge_kubeconfig(&paths::users_kubeconfig()?, &nodes.kubeconfig)?;
            }
            let took = seconds(milliseconds(clock.stop()));
            let how = if made.reuse == Reuse::Found { "was there" } else { "is up" };
            say!(
                "world {} {how} after {took}\n  export KUBECONFIG={}\n  cargo xtask e2e --env kind\n  cargo xtask down",
                world.name,
                nodes.kubeconfig.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            eprintln!("the world is left as it is for inspection; `cargo xtask down --name {}` removes it", world.name);
            Ok(ExitCode::from(Exit::Broken.code()))
        }
    }
}
