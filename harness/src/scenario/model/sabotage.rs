//! Sabotages: what is broken on purpose, which checks must notice and why, which must not. How a trial is made of one is not here.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CastMember, Step};
use crate::{expectation::Expectations, scenario::pattern::matches};

/// One way in which a scenario's checks must be seen red.
#[derive(Clone, Debug)]
pub struct Sabotage {
    pub id: String,
    pub says: String,
    pub change: Change,
    pub mode: Mode,
    /// Step of the story after which a fork breaks; default: before the first.
    pub after: Option<String>,
    /// Names of checks (what stands behind the `#`), with `*` → what a violating sample of each must show.
    pub turns_red: Vec<(String, Expectations)>,
    pub keeps_green: Vec<String>,
    /// Line in its file, from 1.
    pub line: usize,
}

/// A change for the worse and the proof that it is live. Undone as every change is.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its name under `scenarios/library/`, when it is from there.
    pub library: Option<String>,
    pub features: BTreeSet<String>,
    /// Who else plays, for the proof.
    pub cast: BTreeMap<String, CastMember>,
    pub steps: Vec<Step>,
    pub confirm: Box<Step>,
    /// What holds again once it is over, where that takes longer than `confirm` takes to be gone.
    pub over: Option<Box<Step>>,
}

/// How a trial is made from its scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The whole story again, broken from the start or from a step on: for rotations and outages.
    Fork,
    /// Set up, break, do again only the steps that own the named checks, put back.
    #[default]
    Tail,
}

impl Sabotage {
    /// What a check with this name must show when it turns red; `None` when it need not.
    pub fn red(&self, name: &str) -> Option<&Expectations> {
        self.turns_red.iter().find(|(pattern, _)| matches(pattern, name)).map(|(_, because)| because)
    }

    /// Whether a check with this name must stay green.
    pub fn green(&self, name: &str) -> bool {
        self.keeps_green.iter().any(|pattern| matches(pattern, name))
    }
}
