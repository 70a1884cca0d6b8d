//! `mtls-probe fake-agent`: a fake Workload API (SPIFFE Workload API, `FetchX509SVID`). Unknown keys are errors.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::encoded::{Encoded, SecretBytes};

/// The job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentJob {
    /// The path to listen on, which must not exist.
    pub socket: PathBuf,
    /// The answers to the first call, the second, …; the last one is repeated.
    pub says: Vec<CallAnswer>,
    /// The SVID to return, if an answer needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub svid: Option<Svid>,
}

/// An answer to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallAnswer {
    /// gRPC status 7: no registration matches the client.
    Denied,
    /// The SVID, on a stream that stays open.
    Svid,
    /// gRPC status 14.
    Unavailable,
}

/// An X.509-SVID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Svid {
    pub spiffe_id: String,
    /// DER certificates, leaf first.
    pub chain: Vec<Encoded>,
    pub key: SecretBytes,
    /// Roots of the SVID's own trust domain.
    pub bundle: Vec<Encoded>,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    pub listening: PathBuf,
}

/// One answered call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallLine {
    /// The number of the call, from 0.
    pub call: usize,
    pub says: CallAnswer,
    pub at: Timestamp,
}
