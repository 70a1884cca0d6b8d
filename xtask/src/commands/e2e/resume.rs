//! `prove --resume RUN`: the sabotages that interrupted runs have already proven.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use harness::world::{kind_features, loopback};
use mtls_core::{
    catalogue::Catalogue,
    evidence::record,
    scenario::{Offered, effects::Permissions, model::Scenario, plan},
    verdict::proven_before,
};

use super::Env;

/// The members of `tries` that the records of `runs` prove.
pub(super) fn proven(
    runs: &[String],
    scenarios: &[Scenario],
    catalogue: &Catalogue,
    env: Env,
    tries: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let (world, features) = match env {
        Env::Kind => ("kind", kind_features()),
        Env::Loopback => ("loopback", loopback::features()),
        Env::Auto | Env::Existing => bail!("--resume needs --env kind or --env loopback, the world of that run"),
    };
    let offered = Offered { world: world.to_owned(), features, permissions: Permissions::Everything };
    let owed = plan(scenarios, catalogue, &offered, tries);
    let mut proven = BTreeSet::new();
    for run in runs {
        let directory = crate::commands::located::find(run)?;
        let record = record::read(&directory).with_context(|| format!("read {}", directory.display()))?;
        proven.extend(proven_before(&record, &owed));
    }
    Ok(proven)
}
