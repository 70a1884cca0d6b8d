//! The request for a run, and the plan that follows from it in a given world.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use mtls_core::{
    catalogue::Catalogue,
    evidence::plan::Plan,
    scenario::{Offered, library, model::Scenario, plan, plan_unscripted},
};
use mtls_images::StackName;

use crate::{stack::Known, world::Choice};

/// The input of a run.
#[derive(Clone)]
pub struct SessionRequest<'a> {
    pub scenarios: Vec<Scenario>,
    /// All scenarios: they define when a fault that a killed run left has no effect any more.
    pub known_scenarios: &'a [Scenario],
    pub catalogue: &'a Catalogue,
    pub choice: Choice,
    /// Name of the world in the engine.
    pub name: String,
    pub node_image: String,
    /// The set of versions in a world that the harness creates.
    pub stack: StackName,
    pub nodes: usize,
    pub trees: &'a Path,
    pub infra: Option<&'a Path>,
    pub kubeconfig: PathBuf,
    pub run: String,
    /// Must exist and be empty.
    pub directory: &'a Path,
    pub arguments: Vec<String>,
    /// Ids of the trials to run; empty when no sabotage is tried.
    pub tries: BTreeSet<String>,
    /// Unscripted changes of the library: every read-only scenario runs again under each. Normally none.
    pub wild: Vec<(&'a str, &'a library::Entry)>,
    /// Deliberate faults of the reference client, to make checks fail. Normally none.
    pub client_faults: Vec<String>,
    /// The components of images, and the end of support of their versions.
    pub known: &'a Known,
    /// Extra facts for the report, such as the source of each image.
    pub facts: Vec<(String, serde_json::Value)>,
}

impl SessionRequest<'_> {
    /// The plan: every check that the run has to answer.
    pub(super) fn plan(&self, offered: &Offered) -> Plan {
        let wild = plan_unscripted(&self.scenarios, &self.wild, offered);
        Plan { wild, ..plan(&self.scenarios, self.catalogue, offered, &self.tries) }
    }
}
