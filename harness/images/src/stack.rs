//! The stack's declaration, `stack.yaml`, as checked values.
//!
//! Input: the file's text. Output: a [`Stack`] whose references (image → component → output) all resolve.
//!
//! Not here: how components are built, whether a version exists upstream, and whether it is still supported: the table
//! of support windows is read here, and evaluated by [`mtls_core::support`].

mod component;
mod image;
mod parse;
mod version_set;

use std::collections::BTreeMap;

use mtls_core::support::Row;
use serde::{Deserialize, Serialize};

pub use component::{CargoSource, Cgo, Component, DebianSource, GoBuild, GoSource, RootfsSource, Source, WheelSource};
pub use image::{Base, Image, KubeadmImages, Node, Placed, Upstream};
pub use parse::BASE_ROOTFS;
pub use parse::StackError;
pub use version_set::StackName;

/// The content of `stack.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stack {
    /// Settings common to all Debian root file systems.
    pub debian: DebianDefaults,
    /// The programs and root file systems.
    pub components: Vec<Component>,
    /// The images that pods run.
    pub images: Vec<Image>,
    /// The image that nodes run.
    pub node: Node,
    /// The support windows of release series. Series without a component are allowed: there is more than one set of
    /// versions.
    #[serde(default)]
    pub support: Vec<Row>,
}

/// Settings common to all Debian root file systems.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DebianDefaults {
    /// The code name of the release.
    pub suite: String,
    /// Path patterns that dpkg excludes.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Stack {
    /// The component with an id. Parsing ensures that every id used in the file exists.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The image tags that are passed to kubeadm, by kubeadm's component names. The node declares them itself, because
    /// a plan of what must be built does not contain pulled images. Parsing ensures that the images exist.
    #[must_use]
    pub fn kubeadm_tags(&self) -> BTreeMap<&'static str, &str> {
        let images = &self.node.kubeadm_images;
        [("dns", &images.dns), ("etcd", &images.etcd)]
            .into_iter()
            .filter_map(|(component, image)| Some((component, image.rsplit_once(':')?.1)))
            .collect()
    }
}
