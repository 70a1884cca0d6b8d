//! Case files put to targets.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ServerPort;
use crate::scenario::cases::{CaseFile, TargetKind};

/// A case file put to targets: every case is a row and every target a column of the grid.
#[derive(Clone, Debug, Serialize)]
pub struct Cases {
    pub of: CaseFile,
    /// Participant that presents the certificates.
    pub from: String,
    /// The SPIFFE ID in them, unless the flaw is about it.
    pub identity: String,
    pub targets: BTreeMap<TargetKind, Target>,
    /// Attempts of each client that must be refused.
    pub repeat: u32,
}

/// The participant that examines the certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// The server; for `client` the participant that calls.
    pub to: String,
    /// Port of the server; none for `client`.
    #[serde(default)]
    pub port: Option<ServerPort>,
    /// Features that only this target needs: in a world without them its checks are not applicable.
    #[serde(default)]
    pub needs: Vec<String>,
}
