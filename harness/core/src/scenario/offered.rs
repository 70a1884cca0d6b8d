//! What a world can do, and what a scenario needs of it.

use std::collections::BTreeSet;

use super::{effects::Permissions, feature};

/// What a world can do.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Its name: `kind`, `existing`, `loopback`.
    pub world: String,
    /// Of [`feature::FEATURES`].
    pub features: BTreeSet<String>,
    /// What it lets scenarios do.
    pub permissions: Permissions,
}

impl Offered {
    /// What no single world can do.
    pub(super) fn everything() -> Self {
        Self {
            world: String::new(),
            features: feature::names().map(str::to_owned).collect(),
            permissions: Permissions::Everything,
        }
    }
}

/// Why a world that offers this cannot do what needs these features.
pub(super) fn missing<'a>(needed: impl IntoIterator<Item = &'a String>, offered: &Offered) -> Option<String> {
    let missing: Vec<&str> =
        needed.into_iter().filter(|feature| !offered.features.contains(*feature)).map(String::as_str).collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!("needs {}, which world {} lacks", missing.join(" and "), offered.world))
}
