//! Grids: steps whose checks are cells. Of handshakes every client is a row, of certificate cases every case.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    expectation::Expectations,
    scenario::{
        cases::{CaseFile, TargetKind},
        server_port::ServerPort,
    },
};

/// A handshake grid: every client against every port of one server.
#[derive(Clone, Debug, Serialize)]
pub struct HandshakeGrid {
    /// The server.
    pub to: String,
    pub ports: Vec<ServerPort>,
    /// Client → one legend word per port.
    pub clients: BTreeMap<String, Vec<String>>,
    /// Legend word → what every attempt of such a cell must show (`outcome`, `peer.spiffe`, `server.saw.spiffe`, `tls.version` …).
    pub legend: BTreeMap<String, Expectations>,
    pub attempts: u32,
}

/// A case file put to targets: every case is a row and every target a column of the grid.
#[derive(Clone, Debug, Serialize)]
pub struct CaseGrid {
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
