//! Renders Envoy's configuration from placements and policies, and waits until Envoy uses it.

use std::{path::Path, time::Duration};

use mtls_core::scenario::model::TRUST_DOMAIN;
use mtls_engine::wait::{Check, until};
use mtls_kubernetes::KubeError;

use super::{Loopback, identities::Identities, objects::Store, placements::Placements};
use crate::stack::envoy::{Changed, EnvoyError, Files, Role, Sidecar, Sidecars, UpstreamTarget, Validator, render};

/// The limit within which a policy must reach every proxy (requirements, MESH).
const PUSH_LIMIT: Duration = Duration::from_secs(5);
/// Envoy's statistics about accepted, rejected and draining listeners.
const STATS: &str = "/stats?filter=listener_manager";

/// Envoy's configuration files under these policies.
///
/// # Errors
///
/// When a policy uses a feature that the harness cannot render.
pub(super) fn files(
    placements: &Placements,
    identities: &Identities,
    store: &Store,
    folder: &Path,
) -> Result<Files, EnvoyError> {
    let of = |name: &super::placements::Name, role| Sidecar {
        account: name.0.clone(),
        namespace: name.1.clone(),
        certificates: identities.directory(name).unwrap_or(folder).to_owned(),
        validator: if matches!(role, Role::Proxy { .. }) { Validator::TrustedCa } else { Validator::Spiffe },
        role,
    };
    let servers = placements.servers.iter().flat_map(|server| {
        let application = server.application;
        let roles =
            [Role::Server { sidecar: server.sidecar, application }, Role::Proxy { proxy: server.proxy, application }];
        roles.map(|role| of(&server.name, role))
    });
    let callers = placements.callers.iter().map(|caller| {
        let towards = placements.servers.iter().filter_map(|server| {
            Some(UpstreamTarget {
                account: server.name.0.clone(),
                namespace: server.name.1.clone(),
                listener: *caller.towards.get(&server.name)?,
                server: server.sidecar,
            })
        });
        of(&caller.name, Role::Caller { address: caller.address, towards: towards.collect() })
    });
    render(&Sidecars {
        sidecars: servers.chain(callers).collect(),
        policies: &store.all(),
        trust_domain: TRUST_DOMAIN,
        admin: placements.admin,
        folder,
        shift: placements.shift,
    })
}

impl Loopback {
    /// Pushes changed policies and waits until Envoy has accepted them and no older connection is draining: the next
    /// request on such a connection would fail.
    pub(super) async fn push(&self, store: &Store) -> Result<(), KubeError> {
        let refused =
            |last: String| KubeError::Refused { object: "the configuration of the sidecars".to_owned(), last };
        let folder = self.sandboxes.guard.folder();
        let files = files(&self.placements, &self.identities, store, folder);
        let files = files.map_err(|error| refused(error.to_string()))?;
        let before = self.pushes().await.map_err(&refused)?;
        let changed = files.write(folder).map_err(|error| refused(error.to_string()))?;
        if changed == Changed::Nothing {
            return Ok(());
        }
        let accepted = until("the sidecars' new configuration", PUSH_LIMIT, Duration::from_millis(20), async || {
            match self.pushes().await {
                Ok(now) if now.rejected > before.rejected => Check::Permanent("they rejected it".to_owned()),
                Ok(now) if now.accepted == before.accepted => Check::NotYet("they have not read it".to_owned()),
                Ok(now) if now.draining > 0 => Check::NotYet("old listeners are draining".to_owned()),
                Ok(_) => Check::Ready(()),
                Err(problem) => Check::NotYet(problem),
            }
        });
        accepted.await.map_err(KubeError::from)
    }

    async fn pushes(&self) -> Result<Pushes, String> {
        let stats =
            super::processes::get_body(self.placements.admin, STATS).await.map_err(|error| error.to_string())?;
        let count = |name: &str| {
            let line = stats.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.and_then(|number| number.trim().parse().ok()).ok_or_else(|| format!("no {name} in: {stats}"))
        };
        Ok(Pushes {
            accepted: count("listener_manager.lds.update_success")?,
            rejected: count("listener_manager.lds.update_rejected")?,
            draining: count("listener_manager.total_filter_chains_draining")?
                + count("listener_manager.total_listeners_draining")?,
        })
    }
}

struct Pushes {
    accepted: u64,
    rejected: u64,
    draining: u64,
}
