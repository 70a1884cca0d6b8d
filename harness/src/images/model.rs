//! What is asked of a build, and what comes of it. Nothing here builds or pulls.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::stack::StackName;

/// What to build from, and where to keep it.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The workspace's root: `fixtures/stack` lies below it.
    pub workspace: PathBuf,
    /// The cache's folder, see [`super::default_cache_directory`].
    pub cache: PathBuf,
    /// The set of versions.
    pub stack: StackName,
}

impl BuildRequest {
    /// For the current set of versions.
    #[must_use]
    pub fn current(workspace: PathBuf, cache: PathBuf) -> Self {
        Self { workspace, cache, stack: StackName::default() }
    }
}

/// Everything a cluster needs, in the engine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct BuiltStack {
    /// The set of versions.
    #[serde(default)]
    pub stack: StackName,
    /// The node image's name and tag.
    pub node_image: String,
    /// The images inside it.
    pub images: Vec<ImageFact>,
    /// What the node image is made on.
    #[serde(default)]
    pub node: NodeOrigin,
}

/// What a node image is made on.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeOrigin {
    /// The root file system and programs built here.
    #[default]
    BuiltFromSource,
    /// Somebody else's node image, with the Kubernetes images that it holds.
    On {
        /// What the engine was asked for.
        image: String,
        /// What engines call it.
        id: String,
    },
}

/// One image inside the node image.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ImageFact {
    /// Name and tag, as pods use it.
    pub name: String,
    /// The digest of its configuration, `sha256:…`.
    pub digest: String,
    /// Its layers' bytes, unpacked.
    pub size: u64,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an image comes from.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Built here.
    BuiltFromSource {
        /// The module, package or distribution.
        module: String,
        /// Its version.
        version: String,
        /// How it differs from what upstream publishes.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// Pulled from a registry.
    Pulled {
        /// What the registry calls it.
        digest: String,
        /// The name that the registry was asked for, a mirror's with the mirror before it.
        from: String,
        /// Whether a recorded digest was demanded.
        demand: Demand,
    },
}

/// Where a digest comes from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// `stack.yaml` records it, and the registry had that image.
    Recorded,
    /// None is recorded: the tag led to it.
    Tag,
}
