//! `cargo xtask bench`: measurements. `up`: creation time of a cluster, ours and the original kind's, from the same
//! image on the same engine. `traffic`: the highest rate of a stream with a ledger.
//!
//! Not measured: the stack on top, which kind does not install.

mod kind;
mod ours;
mod table;
mod traffic;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;
use harness::{cluster::Engine, run::stop_on_interrupt};

use super::node_image::{Source, Versions};
use crate::paths;
use kind::Kind;
use table::Row;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Send a fast stream between two programs of a loopback world, and count the losses that the harness itself
    /// causes.
    Traffic(traffic::Arguments),
    /// Time an empty cluster until its node is Ready and its DNS serves.
    Up(Up),
}

#[derive(clap::Args)]
struct Up {
    /// Number of measurements of each, alternating.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    repeat: u8,
    /// The original kind; without it, `kind` on PATH is used.
    #[arg(long, value_name = "PATH")]
    kind: Option<PathBuf>,
    /// Node image to use as it is, instead of the one that the cache, a registry or a build supplies.
    #[arg(long, value_name = "IMAGE")]
    node_image: Option<String>,
}

/// Durations of one creation, from the start of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Took {
    /// `kubeadm init` has finished, or kind's own wait for the node is over.
    created: Duration,
    /// The node is Ready and its DNS serves.
    serving: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.what {
        What::Traffic(stream) => traffic::run(stream),
        What::Up(up) => paths::runtime()?.block_on(bench(up)),
    }
}

async fn bench(up: &Up) -> Result<ExitCode> {
    let _hold = paths::hold(ours::NAME)?;
    let engine = Engine::connect().await?;
    let (source, versions) = <(Source, Versions)>::default();
    let image = super::node_image::node_image(up.node_image.as_deref(), &source, &versions, &engine).await?.name;
    say!("image  {image}\nengine {}", engine.version().await?);
    let ours = match up.node_image {
        None => Some(mtls_images::declared(&super::images::request(&versions.stack)?)?),
        Some(_) => None,
    };
    let kind = Kind::find(up.kind.as_deref(), ours.as_ref());
    let mut stop = stop_on_interrupt(|| super::e2e::leave_now(ours::NAME));
    let measured = tokio::select! {
        rows = Box::pin(measure(&engine, &image, up.repeat, kind.as_ref().ok())) => Some(rows),
        () = stop.asked() => None,
    };
    ours::remove(&engine).await?;
    if let Ok(kind) = &kind {
        kind.remove().await;
    }
    let Some(rows) = measured else {
        return Ok(ExitCode::from(130));
    };
    let (rows, refused) = rows?;
    say!("{}", table::render(&rows).trim_end());
    for reason in kind.err().into_iter().chain(refused) {
        say!("the original kind was not measured: {reason}");
    }
    Ok(ExitCode::SUCCESS)
}

/// One row for each repetition, and the error if kind could not be run, after which it is not tried again.
async fn measure(engine: &Engine, image: &str, repeat: u8, kind: Option<&Kind>) -> Result<(Vec<Row>, Option<String>)> {
    let mut rows = Vec::new();
    let mut refused = None;
    for _ in 0..repeat {
        let ours = ours::time(engine, image).await?;
        let mut row = Row { ours, kind: None };
        if let (Some(kind), None) = (kind, &refused) {
            match kind.time(engine, image).await {
                Ok(took) => row.kind = Some(took),
                Err(reason) => refused = Some(reason),
            }
        }
        rows.push(row);
    }
    Ok((rows, refused))
}
