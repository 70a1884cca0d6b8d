//! deny.toml: the part of cargo-deny's policy that is enforced here too, without a network.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::tree::TextFile;

/// Unknown keys belong to cargo-deny.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub(super) licenses: Licences,
    pub(super) bans: Bans,
}

#[derive(Debug, Deserialize)]
pub(super) struct Licences {
    pub(super) allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bans {
    pub(super) deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ban {
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) reason: String,
}

impl Policy {
    pub(super) fn of(files: &[TextFile]) -> Result<Self> {
        let file = files.iter().find(|file| file.path == "deny.toml").context("there is no deny.toml")?;
        basic_toml::from_str(&file.text).context("read deny.toml")
    }
}
