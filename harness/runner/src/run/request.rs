//! The request for a run in its three parts: what runs, where, and into which record. And the plan that follows from it in
//! a given world.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use mtls_core::{
    catalogue::{Catalogue, Waivers},
    evidence::plan::Plan,
    scenario::{Offered, library, model::Scenario, plan, plan_unscripted},
};

use super::folder::{Runs, RunsError};
use crate::{
    stack::{Known, Sources},
    world::{Choice, KindRequest},
};

/// The input of a run.
#[derive(Clone)]
pub struct SessionRequest<'a> {
    pub what: What<'a>,
    pub place: Where<'a>,
    pub record: Record<'a>,
}

/// What runs.
#[derive(Clone)]
pub struct What<'a> {
    pub scenarios: Vec<Scenario>,
    /// All scenarios: they define when a fault that a killed run left has no effect any more.
    pub known_scenarios: &'a [Scenario],
    pub catalogue: &'a Catalogue,
    /// Ids of the trials to run; empty when no sabotage is tried.
    pub tries: BTreeSet<String>,
    /// Unscripted changes of the library: every read-only scenario runs again under each. Normally none.
    pub wild: Vec<(&'a str, &'a library::Entry)>,
    /// Deliberate faults of the reference client, to make checks fail. Normally none.
    pub client_faults: Vec<String>,
    /// Known failures to judge the run with; absent without a file of them.
    pub waivers: Option<&'a Waivers>,
}

/// Where it runs.
#[derive(Clone)]
pub struct Where<'a> {
    pub choice: Choice,
    /// The trees of this project: `platform/`, `mtls/`, `lab/`.
    pub trees: &'a Path,
    /// A tree of the user that replaces `mtls/`.
    pub infra: Option<&'a Path>,
    /// The nodes of a world in containers; without effect in any other.
    pub nodes: KindRequest,
}

/// Into which record it is written.
#[derive(Clone)]
pub struct Record<'a> {
    /// The id of the run.
    pub run: String,
    /// Must exist and be empty.
    pub directory: PathBuf,
    /// The command line.
    pub arguments: Vec<String>,
    /// The components of images, and the end of support of their versions.
    pub known: &'a Known,
    /// Extra facts for the report, such as the source of each image.
    pub facts: Vec<(String, serde_json::Value)>,
}

impl<'a> What<'a> {
    /// These scenarios, without sabotages, unscripted changes, faults of the client and waivers.
    pub fn only(scenarios: Vec<Scenario>, known_scenarios: &'a [Scenario], catalogue: &'a Catalogue) -> Self {
        let (tries, wild, client_faults) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { scenarios, known_scenarios, catalogue, tries, wild, client_faults, waivers: None }
    }

    /// The plan: every check that the run has to answer.
    pub(super) fn plan(&self, offered: &Offered) -> Plan {
        let wild = plan_unscripted(&self.scenarios, &self.wild, offered);
        Plan { wild, ..plan(&self.scenarios, self.catalogue, offered, &self.tries) }
    }
}

impl<'a> Record<'a> {
    /// A new record for a run of this process, in the folder `named` or in one with the id of the run.
    ///
    /// # Errors
    ///
    /// When the folder holds anything or cannot be made.
    pub fn open(
        runs: &Runs,
        named: Option<&Path>,
        known: &'a Known,
        facts: Vec<(String, serde_json::Value)>,
    ) -> Result<Self, RunsError> {
        let run = run_id(Timestamp::now(), std::process::id());
        let directory = runs.open(&run, named)?;
        Ok(Self { run, directory, arguments: std::env::args().skip(1).collect(), known, facts })
    }

    /// The record of one of several equal runs, in the folder `number` of this one.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    pub fn numbered(&self, runs: &Runs, number: u32) -> Result<Self, RunsError> {
        let run = format!("{}-{number}", self.run);
        let directory = runs.open(&run, Some(&self.directory.join(number.to_string())))?;
        Ok(Self { run, directory, ..self.clone() })
    }
}

/// The id of a run: the UTC time and the process id in hex. Ids sort by time and are unique on one machine.
pub fn run_id(now: Timestamp, process: u32) -> String {
    format!("{}-{process:x}", now.strftime("%Y%m%dT%H%M%SZ"))
}

impl Where<'_> {
    /// The trees as files. Each call returns them without replaced files.
    pub(super) fn sources(&self) -> Sources {
        Sources::new(self.trees, self.infra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_sort_by_time() {
        let at = |text: &str| run_id(text.parse().unwrap(), 255);
        assert_eq!(at("2026-01-02T03:04:05Z"), "20260102T030405Z-ff");
        assert!(at("2026-01-02T03:04:05Z") < at("2026-01-02T03:04:06Z"));
    }
}
