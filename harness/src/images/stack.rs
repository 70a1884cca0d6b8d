//! The stack's declaration, `stack.yaml`, as checked values.
//!
//! Input: the file's text. Output: a [`Stack`] whose references (image → component → output) all resolve.
//!
//! Deliberately not here: how anything is built, whether a version exists upstream, and whether it is still supported: the table of
//! support windows is read here, and judged by [`crate::support`].

mod component;
mod image;
mod parse;
mod version_set;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::support::Row;

pub use component::{CargoSource, Cgo, Component, DebianSource, GoBuild, GoSource, RootfsSource, Source, WheelSource};
pub use image::{Base, Image, KubeadmImages, Node, Placed, Upstream};
pub(crate) use parse::BASE_ROOTFS;
pub use parse::StackError;
pub use version_set::StackName;

/// Everything `stack.yaml` declares.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stack {
    /// What all Debian root file systems have in common.
    pub debian: DebianDefaults,
    /// The programs and root file systems.
    pub components: Vec<Component>,
    /// The images that pods run.
    pub images: Vec<Image>,
    /// The image that nodes run.
    pub node: Node,
    /// Who supports which series until when. Series that no component has are welcome: there is more than one set of versions.
    #[serde(default)]
    pub support: Vec<Row>,
}

/// What all Debian root file systems have in common.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DebianDefaults {
    /// The release's code name.
    pub suite: String,
    /// Path patterns that dpkg leaves out.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Stack {
    /// The component of that id. Parsing has made sure that every id used in the file exists.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The image tags that kubeadm is told, by what kubeadm calls the component. They are the node's own words, because a plan of what has to
    /// be built does not name the images that are pulled. Parsing has made sure that the images exist.
    #[must_use]
    pub fn kubeadm_tags(&self) -> BTreeMap<&'static str, &str> {
        let images = &self.node.kubeadm_images;
        [("dns", &images.dns), ("etcd", &images.etcd)]
            .into_iter()
            .filter_map(|(component, image)| Some((component, image.rsplit_once(':')?.1)))
            .collect()
    }
}
