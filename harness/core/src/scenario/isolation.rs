//! What a scenario promises not to disturb. Whether its steps keep the promise is decided in `resolve`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Changes nothing that others can see, and runs beside anything. It may have certificates issued and run the reference client.
    Shared,
    /// Changes only objects of its own.
    Namespace,
    /// Changes the mesh or the issuers: alone on its cluster.
    Cluster,
}
