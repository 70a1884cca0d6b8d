//! Our own cluster creation, stopped where kind's ends.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use harness::{
    cluster::{Engine, Scope, sweep},
    run::{chain, run_id},
    stack::Sources,
    world::{KindRequest, up},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Took;
use crate::paths;

/// The cluster that is measured.
pub(super) const NAME: &str = "bench-ours";
/// After this phase Kubernetes is running.
const CREATED: &str = "kubeadm init";
/// After this phase kind would have finished too, and the installation of the stack begins.
const SERVING: &str = "node Ready, DNS serving";

/// Creates a cluster, measures the times, removes it.
pub(super) async fn time(engine: &Engine, image: &str) -> Result<Took> {
    remove(engine).await?;
    let sources = Sources::new(&paths::trees(), None);
    let run = run_id(jiff::Timestamp::now(), std::process::id());
    let request = KindRequest {
        name: NAME.to_owned(),
        node_image: image.to_owned(),
        stack: mtls_images::StackName::default(),
        nodes: 1,
        kubeconfig: paths::kubeconfig(NAME),
    };
    let started = Instant::now();
    let reached: Mutex<Vec<(String, Duration)>> = Mutex::default();
    let serving = Notify::new();
    let phase = |name: &str, _: Duration| {
        let mut reached = reached.lock();
        reached.push((name.to_owned(), started.elapsed()));
        if name == SERVING {
            serving.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = serving.notified() => {}
        done = Box::pin(up(engine, &run, &request, sources, &phase)) => {
            done.map_err(|error| anyhow!("{}", chain(&error)))?;
        }
    }
    let after = |wanted: &str| {
        let reached = reached.lock();
        let found = reached.iter().find(|(name, _)| name == wanted).map(|(_, at)| *at);
        found.ok_or_else(|| anyhow!("the cluster creation has no phase `{wanted}`"))
    };
    let took = Took { created: after(CREATED)?, serving: after(SERVING)? };
    remove(engine).await?;
    Ok(took)
}

pub(super) async fn remove(engine: &Engine) -> Result<()> {
    sweep(engine, &Scope::Cluster(NAME.to_owned())).await?;
    let _ = std::fs::remove_file(paths::kubeconfig(NAME));
    Ok(())
}
