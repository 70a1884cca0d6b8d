//! A step for the runner: exactly one action, and what is demanded of what it shows.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Action;
use crate::expectation::{Expectations, Quantifier};

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub id: String,
    pub description: String,
    pub action: Action,
    pub when: Quantifier,
    pub timeout: Duration,
    /// Requirement ids; keys `client.port`, `*.port`, `client` and `*`, see [`Step::requirements_of`]. Steps without a grid use `*`.
    pub requirements: BTreeMap<String, Vec<String>>,
    pub expect: Expectations,
    pub deviates: Option<Deviates>,
    /// Line of the step in its file, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Step {
    /// What a cell of a grid is evidence for: the narrowest key that names it decides alone.
    pub fn requirements_of(&self, row: &str, column: &str) -> &[String] {
        let keys = [format!("{row}.{column}"), format!("*.{column}"), row.to_owned(), "*".to_owned()];
        keys.iter().find_map(|key| self.requirements.get(key)).map_or(&[], Vec::as_slice)
    }
}

/// A known violation of a hardening requirement in cells of a grid. Where the observation is not the expected one but the recorded one,
/// the verdict is `finding`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviates {
    /// The hardening requirement; the cells are evidence for it alone.
    pub from: String,
    /// Legend word that says what the requirement demands.
    pub instead_of: String,
    /// Legend word for what is observed instead.
    pub observed: String,
    /// Why it is so.
    pub reason: String,
    /// Requirements that bound the harm.
    pub compensated_by: Vec<String>,
}
