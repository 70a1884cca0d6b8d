//! `cargo xtask up`: creates a world that stays.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use harness::{
    cluster::Engine,
    run::{chain, run_id, stop_on_interrupt},
    world::{KindRequest, Reuse, up},
};
use mtls_core::{duration::milliseconds, verdict::Exit};
use mtls_kubernetes::merge_kubeconfig;

use super::node_image::{Source, Versions};
use crate::{clock::Clock, paths, terminal::seconds};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the world.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    name: String,
    /// One control plane and N-1 workers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
    /// Use this tree instead of fixtures/infra/mtls.
    #[arg(long, value_name = "DIR")]
    infra: Option<PathBuf>,
    /// Also add the cluster to your own kubeconfig (the first file of KUBECONFIG, else ~/.kube/config).
    #[arg(long)]
    merge_kubeconfig: bool,
    #[command(flatten)]
    images: Source,
    #[command(flatten)]
    versions: Versions,
    /// Node image to use as it is, instead of the one that the cache, a registry or a build supplies.
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["from_source", "mirror"])]
    node_image: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    paths::runtime()?.block_on(bring_up(arguments, clock))
}

async fn bring_up(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    let _hold = paths::hold(&arguments.name)?;
    let engine = Engine::connect().await?;
    clock.end("container engine");
    let node_image =
        super::node_image::node_image(arguments.node_image.as_deref(), &arguments.images, &arguments.versions, &engine)
            .await?
            .name;
    clock.end("node image");
    let kubeconfig = paths::kubeconfig(&arguments.name);
    let trees = paths::trees();
    let request = KindRequest {
        name: arguments.name.clone(),
        run: run_id(jiff::Timestamp::now(), std::process::id()),
        node_image,
        stack: arguments.versions.stack.clone(),
        nodes: arguments.nodes.into(),
        trees: &trees,
        infra: arguments.infra.as_deref(),
        kubeconfig: kubeconfig.clone(),
    };
    let name = arguments.name.clone();
    let mut stop = stop_on_interrupt(move || super::e2e::leave_now(&name));
    let phase = |phase: &str, took: std::time::Duration| clock.measured(phase, took);
    let result = tokio::select! {
        result = up(&engine, &request, &phase) => result,
        () = stop.asked() => {
            eprintln!("interrupted; removing the world {}", arguments.name);
            harness::run::put_away(&engine, &arguments.name).await.map_err(anyhow::Error::msg)?;
            return Ok(ExitCode::from(Exit::Interrupted.code()));
        }
    };
    match result {
        Ok(made) => {
            if arguments.merge_kubeconfig {
                merge_kubeconfig(&paths::users_kubeconfig()?, &kubeconfig)?;
            }
            let took = seconds(milliseconds(clock.stop()));
            let how = if made.reuse == Reuse::Found { "was there" } else { "is up" };
            say!(
                "world {} {how} after {took}\n  export KUBECONFIG={}\n  cargo xtask e2e --env kind\n  cargo xtask down",
                arguments.name,
                kubeconfig.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            eprintln!(
                "the world is left as it is for inspection; `cargo xtask down --name {}` removes it",
                arguments.name
            );
            Ok(ExitCode::from(Exit::Broken.code()))
        }
    }
}
