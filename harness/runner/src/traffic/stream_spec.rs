//! The specification of a stream, and how far its logs reach.

use serde::{Deserialize, Serialize};

/// The specification of a stream. The facts contain it, so that the ledger can be joined again from them and both logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StreamSpec {
    /// The prefix of all its request ids, which continue with `-` and a number.
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
    /// The stream continues: the client has not yet logged the requests that the server logged last.
    SoFar,
    /// It has ended, and both logs were read afterwards.
    Whole,
}

impl StreamSpec {
    pub(super) fn prefix(&self) -> String {
        format!("{}-", self.id)
    }
}
