//! Brings a loopback world up: addresses, certificates, configuration, processes.

use std::{
    collections::BTreeSet,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use mtls_core::scenario::{Offered, effects::Permissions, model::Scenario};
use mtls_kubernetes::KubeError;
use tokio::sync::Mutex;

use super::{
    DeclaredError, Loopback, LoopbackRequest, NAME, configure, facts,
    identities::{Identities, IdentityError},
    objects::Store,
    placements::{Placements, Subnet},
    policies,
    processes::{ProcessError, Processes},
};
use crate::{
    stack::envoy::EnvoyError,
    world::{World, sandbox::Sandboxes},
};

#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    #[error("no loopback network 127.64.0.0 to 127.126.0.0 is free for a world")]
    Subnet(#[source] io::Error),
    #[error("a program that listens on every address uses the ports of the world")]
    Ports(#[source] io::Error),
    #[error("the folder of the world cannot be created")]
    Folder(#[source] io::Error),
    #[error(transparent)]
    Declared(#[from] DeclaredError),
    #[error(transparent)]
    Envoy(#[from] EnvoyError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Object(#[from] KubeError),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// Brings the world up for these scenarios. Reports the name and the duration of each phase to `phase`.
///
/// # Errors
///
/// The cause of the failure. The processes that were started by then are ended.
pub async fn up(
    request: &LoopbackRequest,
    scenarios: &[Scenario],
    features: BTreeSet<String>,
    phase: &(dyn Fn(&str, Duration) + Sync),
) -> Result<World, LoopbackError> {
    let started = Instant::now();
    let store = Store::of(policies(&request.sources.system())?)?;
    let subnet = Subnet::claim(std::process::id()).map_err(LoopbackError::Subnet)?;
    let placements = Placements::of(scenarios, &subnet).map_err(LoopbackError::Ports)?;
    let sandboxes = Sandboxes::start(&request.folder, request.programs.callers.clone(), request.client_faults.clone());
    let sandboxes = Arc::new(sandboxes.map_err(LoopbackError::Folder)?);
    let guard = &sandboxes.guard;
    let identities = Identities::issue(&placements, guard.folder())?;
    configure::files(&placements, &identities, &store, guard.folder())?.write(guard.folder())?;
    phase("certificates and configuration", started.elapsed());
    let started = Instant::now();
    let mut processes = Processes::start(request, &placements, &identities, guard)?;
    processes.ready().await?;
    phase("workloads and sidecars Ready", started.elapsed());
    let detail = facts::detail(&placements);
    let offered = Offered { world: NAME.to_owned(), features, permissions: Permissions::Everything };
    let loopback = Loopback {
        offered,
        programs: request.programs.clone(),
        placements,
        identities,
        store: Mutex::new(store),
        processes: Mutex::new(processes),
        sandboxes: Arc::clone(&sandboxes),
        subnet,
    };
    let world = World::new(Arc::new(loopback), detail, request.sources.clone());
    Ok(World { sandboxes: Some(sandboxes), ..world })
}
