//! What a run is asked to do, and what it owes for that in a world that offers this much.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    catalogue::Catalogue,
    evidence::plan::Plan,
    images::StackName,
    scenario::{Offered, library, model::Scenario, plan, plan_unscripted},
    stack::Known,
    world::Choice,
};

/// What a run needs to know.
#[derive(Clone)]
pub struct SessionRequest<'a> {
    pub scenarios: Vec<Scenario>,
    /// Every scenario there is: they say when a fault that a killed run left is over.
    pub known_scenarios: &'a [Scenario],
    pub catalogue: &'a Catalogue,
    pub choice: Choice,
    /// Name of the world in the engine.
    pub name: String,
    pub node_image: String,
    /// The set of versions that a world of ours has.
    pub stack: StackName,
    pub nodes: usize,
    pub trees: &'a Path,
    pub infra: Option<&'a Path>,
    pub kubeconfig: PathBuf,
    pub run: String,
    /// Must exist and be empty.
    pub directory: &'a Path,
    pub arguments: Vec<String>,
    /// Ids of the trials that this run owes; none where nothing is to be seen red.
    pub tries: BTreeSet<String>,
    /// Changes of the library under which every scenario that only looks is told again; normally none.
    pub wild: Vec<(&'a str, &'a library::Entry)>,
    /// Ways in which the reference client is wrong on purpose, to see checks red; normally none.
    pub client_faults: Vec<String>,
    /// The components of images, and until when versions are supported.
    pub known: &'a Known,
    /// Extra facts for the report, such as where each image came from.
    pub facts: Vec<(String, serde_json::Value)>,
}

impl SessionRequest<'_> {
    /// Every check that the run owes.
    pub(super) fn plan(&self, offered: &Offered) -> Plan {
        let wild = plan_unscripted(&self.scenarios, &self.wild, offered);
        Plan { wild, ..plan(&self.scenarios, self.catalogue, offered, &self.tries) }
    }
}
