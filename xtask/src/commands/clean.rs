//! `cargo xtask clean`: removes by label what killed runs have left.

use std::process::ExitCode;

use anyhow::Result;
use harness::cluster::{Engine, Scope, find, sweep};

use crate::paths;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only objects past their deadline.
    #[arg(long)]
    expired: bool,
    /// Show what would be removed.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    paths::runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let scope = if arguments.expired { Scope::Expired } else { Scope::Everything };
        let found = find(&engine, &scope).await?;
        let mut removed = 0;
        let mut clusters: Vec<String> = found.iter().map(|object| object.cluster.clone()).collect();
        clusters.sort();
        clusters.dedup();
        for cluster in clusters {
            // A world that another command is using is not a leftover.
            let Ok(_hold) = paths::hold(&cluster) else {
                say!("in use, left alone: {cluster}");
                continue;
            };
            if arguments.dry_run {
                found
                    .iter()
                    .filter(|object| object.cluster == cluster)
                    .for_each(|object| say!("would remove {} {}", object.kind, object.name));
                continue;
            }
            for object in sweep(&engine, &Scope::Cluster(cluster)).await? {
                say!("removed {} {}", object.kind, object.name);
                removed += 1;
            }
        }
        say!("{removed} removed");
        Ok(ExitCode::SUCCESS)
    })
}
