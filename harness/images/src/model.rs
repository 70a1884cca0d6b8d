//! The request for a build and its result. Nothing here builds or pulls.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::stack::StackName;

/// The inputs of a build and the location of its results.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The root of the workspace, which contains `fixtures/stack`.
    pub workspace: PathBuf,
    /// The folder of the cache, see [`super::default_cache_directory`].
    pub cache: PathBuf,
    /// The set of versions.
    pub stack: StackName,
}

impl BuildRequest {
    /// A request for the current set of versions.
    #[must_use]
    pub fn current(workspace: PathBuf, cache: PathBuf) -> Self {
        Self { workspace, cache, stack: StackName::default() }
    }
}

/// All images that a cluster needs, loaded into the engine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct BuiltStack {
    /// The set of versions.
    #[serde(default)]
    pub stack: StackName,
    /// Name and tag of the node image.
    pub node_image: String,
    /// The images inside it.
    pub images: Vec<ImageFact>,
    /// The base of the node image.
    #[serde(default)]
    pub node: NodeOrigin,
}

/// The base of a node image.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeOrigin {
    /// The root file system and programs built here.
    #[default]
    BuiltFromSource,
    /// An external node image, with the Kubernetes images that it contains.
    On {
        /// The requested reference.
        image: String,
        /// The image id in the engine.
        id: String,
    },
}

/// One image inside the node image.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ImageFact {
    /// Name and tag, as used by pods.
    pub name: String,
    /// The digest of its configuration, `sha256:…`.
    pub digest: String,
    /// The size of its unpacked layers, in bytes.
    pub size: u64,
    /// The origin of the image.
    pub origin: Origin,
}

/// The origin of an image.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Built here.
    BuiltFromSource {
        /// The module, package or distribution.
        module: String,
        /// Its version.
        version: String,
        /// The differences from the published upstream image.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// Pulled from a registry.
    Pulled {
        /// The digest in the registry.
        digest: String,
        /// The requested name, including the prefix of a mirror.
        from: String,
        /// Whether a recorded digest was required.
        demand: Demand,
    },
}

/// The source of a digest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// `stack.yaml` records the digest, and the registry had that image.
    Recorded,
    /// No digest is recorded: the tag was resolved.
    Tag,
}
