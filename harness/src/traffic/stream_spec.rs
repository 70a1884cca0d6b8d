//! What a stream was asked to be, and how far its logs reach.

use serde::{Deserialize, Serialize};

/// What a stream was asked to be. Stands in the facts, so that the ledger can be joined again from them and both logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StreamSpec {
    /// What all its request ids begin with, before `-` and a number.
    pub id: String,
    pub from: String,
    pub to: String,
    pub column: String,
    pub connections: String,
    pub rate_per_second: u32,
}

/// How far the logs reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The stream goes on: what the server saw last, the client has not told of yet.
    SoFar,
    /// It has ended, and both logs were read afterwards.
    Whole,
}

impl StreamSpec {
    pub(super) fn prefix(&self) -> String {
        format!("{}-", self.id)
    }
}
