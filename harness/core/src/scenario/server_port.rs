//! The ports of a server, by the word that scenarios use. Numbers belong to the workload.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServerPort {
    Http,
    Metrics,
    AppMtls,
    Tcp,
}

impl ServerPort {
    /// The word in scenario files and check ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Metrics => "metrics",
            Self::AppMtls => "app-mtls",
            Self::Tcp => "tcp",
        }
    }
}
