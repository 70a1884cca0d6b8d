//! The cases of `client-behaviour`: how the reference client behaves towards ephemeral servers, agents and files.
//!
//! A closed set with the facts of each. How a case is run is not here: see `run::steps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BehaviourCase {
    /// The Workload API is missing, stale, refusing, unavailable; and comes back.
    AgentFailures,
    /// Valid certificates of others, in and outside the trust domain.
    AllowList,
    /// Expired, not yet valid, of an unknown CA, of another name, no TLS at all.
    BadServers,
    /// Garbage, half a file, a key of another certificate.
    DamagedFiles,
    /// Each file variable by itself.
    Environment,
    /// A hundred new certificates under a stream of requests.
    HundredSwaps,
    /// Everything that is printed, searched for the key.
    Leaks,
    /// Servers that keep silent at every stage.
    Limits,
    /// The program's single call.
    OneShot,
    /// The line that a program reads.
    Outcome,
    /// Pooled connections across a rotation.
    Pool,
    /// A new certificate under a stream of requests.
    Reload,
    /// Two calls to a server that would resume the first.
    Resumption,
    /// A root that is added while the client runs.
    RootAdded,
    /// The library's client: opened, asked twice, closed.
    Scoped,
    /// Files, socket, both, half, neither.
    Sources,
    /// A bundle of two roots from the start.
    TwoRoots,
    /// Spellings of the socket's address.
    WorkloadApi,
}

impl BehaviourCase {
    pub const ALL: [Self; 18] = [
        Self::AgentFailures,
        Self::AllowList,
        Self::BadServers,
        Self::DamagedFiles,
        Self::Environment,
        Self::HundredSwaps,
        Self::Leaks,
        Self::Limits,
        Self::OneShot,
        Self::Outcome,
        Self::Pool,
        Self::Reload,
        Self::Resumption,
        Self::RootAdded,
        Self::Scoped,
        Self::Sources,
        Self::TwoRoots,
        Self::WorkloadApi,
    ];

    /// As scenario files spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AgentFailures => "agent-failures",
            Self::AllowList => "allow-list",
            Self::BadServers => "bad-servers",
            Self::DamagedFiles => "damaged-files",
            Self::Environment => "environment",
            Self::HundredSwaps => "hundred-swaps",
            Self::Leaks => "leaks",
            Self::Limits => "limits",
            Self::OneShot => "one-shot",
            Self::Outcome => "outcome",
            Self::Pool => "pool",
            Self::Reload => "reload",
            Self::Resumption => "resumption",
            Self::RootAdded => "root-added",
            Self::Scoped => "scoped",
            Self::Sources => "sources",
            Self::TwoRoots => "two-roots",
            Self::WorkloadApi => "workload-api",
        }
    }

    /// First words of the paths of its facts.
    pub fn facts(self) -> &'static [&'static str] {
        match self {
            Self::AgentFailures => &["missing", "stale", "denied", "unavailable", "words", "retry"],
            Self::AllowList => &["expected", "other-workload", "other-domain", "unnamed"],
            Self::BadServers => {
                &["sound", "expired", "not-yet-valid", "unknown-ca", "wrong-name", "plaintext", "not-mutual", "reasons"]
            }
            Self::DamagedFiles => &["swaps", "requests", "client", "server", "warnings", "reloads"],
            Self::Environment => &["whole", "certificate", "key", "roots", "alone", "damaged"],
            Self::HundredSwaps | Self::Pool | Self::Reload | Self::RootAdded => {
                &["swaps", "requests", "client", "server", "connections", "first-use-ms", "reloads"]
            }
            Self::Leaks => &["runs", "failed-runs", "bytes", "key"],
            Self::Limits => &["configured-ms", "connect", "handshake", "half-hello", "answer"],
            Self::OneShot | Self::Scoped => &["mutual", "not-mutual"],
            Self::Outcome => &["answered", "refused-by-server", "refused-by-client", "no-server"],
            Self::Resumption => &["tls12", "tls13"],
            Self::Sources => &["files", "socket", "both", "half", "neither", "files-fail", "no-tls"],
            Self::TwoRoots => &["first", "second", "third"],
            Self::WorkloadApi => &["bare", "unix", "unix-slashes", "tcp", "http", "relative"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_files_spell() {
        for case in BehaviourCase::ALL {
            assert_eq!(serde_json::to_value(case).unwrap(), case.word());
            assert!(!case.facts().is_empty());
        }
    }
}
