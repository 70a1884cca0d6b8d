//! An image: the files of components at their paths, and the start command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One image that pods run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Image {
    /// The upstream name, or a name under `localhost/` for own images.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// The base below the image's own files.
    pub base: Base,
    /// The image's own files.
    pub files: Vec<Placed>,
    /// Directories that must exist with a mode and an owner of their own.
    #[serde(default)]
    pub directories: Vec<Directory>,
    /// The entry point.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// The default arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// Numeric, so that `runAsNonRoot` can be checked. Empty means root.
    #[serde(default)]
    pub user: String,
    /// The working directory.
    #[serde(default = "root_directory")]
    pub workdir: String,
    /// Environment variables in addition to PATH.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The upstream image that this one replaces. Absent for own images.
    pub upstream: Option<Upstream>,
}

/// The base below an image's own files.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The shared Debian layer: libc, shell, iptables.
    Debian,
    /// No base.
    Empty,
    /// Accounts and `/tmp`: sufficient for a static program.
    Static,
}

/// A component's output at its target path.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Placed {
    /// The id of the component.
    pub component: String,
    /// The name of the output.
    pub output: String,
    /// The target path, without a leading slash.
    pub path: String,
}

/// A directory with a mode and an owner.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Directory {
    /// The path, without a leading slash.
    pub path: String,
    /// Octal, as text.
    pub mode: String,
    /// User and group id.
    pub owner: u32,
}

/// The image that upstream publishes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upstream {
    /// Name and tag.
    pub name: String,
    /// `sha256:…`, or empty until `pull` has recorded it.
    pub digest: String,
}

/// The image that nodes run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Node {
    /// The name; the tag is the hash of the contents.
    pub name: String,
    /// The component that is the root file system.
    pub rootfs: String,
    /// The component whose version is in `/kind/version`.
    pub kubernetes: String,
    /// The node image with kind's contract that can serve as the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    /// The images that replace kubeadm's own choice, for `/kind/kubeadm-images`.
    pub kubeadm_images: KubeadmImages,
    /// The folder beside `stack.yaml` that is copied over the root file system.
    pub tree: String,
    /// Programs.
    pub files: Vec<Placed>,
}

/// Images of the stack whose tag is passed to kubeadm, which may default to an older one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KubeadmImages {
    /// Name and tag of the cluster's DNS server.
    pub dns: String,
    /// Name and tag of the API server's store.
    pub etcd: String,
}

impl Image {
    /// Name and tag.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

fn root_directory() -> String {
    "/".to_owned()
}
