//! Case files put to targets.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Column;
use crate::scenario::cases::{CaseFile, TargetKind};

/// A case file put to targets: every case is a row, every target a column.
#[derive(Clone, Debug, Serialize)]
pub struct Cases {
    pub of: CaseFile,
    /// Who presents the certificates.
    pub from: String,
    /// The SPIFFE ID in them, unless the flaw is about it.
    pub identity: String,
    pub targets: BTreeMap<TargetKind, Target>,
    /// How often somebody who is to be refused tries.
    pub repeat: u32,
}

/// Who looks at the certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// A server's cast member; for `client` the one that calls.
    pub to: String,
    /// Port of the server; none for `client`.
    #[serde(default)]
    pub column: Option<Column>,
    /// Features that only this target needs: in a world without them its column is not applicable.
    #[serde(default)]
    pub needs: Vec<String>,
}
