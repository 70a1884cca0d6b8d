//! A component: one thing that is built or fetched as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One thing that is built or fetched as a whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// Its name in this file, in progress lines and in the cache.
    pub id: String,
    /// The upstream version, as upstream writes it.
    pub version: String,
    /// What a report says of it when it was built here: how it differs from what upstream publishes.
    #[serde(default)]
    pub note: Option<String>,
    /// Where it comes from and how it is made.
    pub source: Source,
}

/// Where a component comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Packages of this workspace.
    Cargo(CargoSource),
    /// Files taken out of a Debian package.
    Debian(DebianSource),
    /// Programs of a Go module.
    Go(GoSource),
    /// A Debian root file system, used whole as a layer.
    Rootfs(RootfsSource),
    /// Files taken out of a Python wheel.
    Wheel(WheelSource),
}

/// Packages of this workspace, each with one program of the same name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CargoSource {
    /// Package name → its folder below the workspace root.
    pub packages: BTreeMap<String, String>,
}

/// Files taken out of a Debian package without installing it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DebianSource {
    /// The package. Its version must begin with the component's.
    pub package: String,
    /// Output name → path in the package.
    pub files: BTreeMap<String, String>,
}

/// Programs of a Go module.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoSource {
    /// The folder beside `stack.yaml` that holds go.mod, go.sum and, if any, sources of ours.
    pub directory: String,
    /// The upstream module.
    pub module: String,
    /// One `go build` each.
    pub builds: Vec<GoBuild>,
    /// Output name → path in the upstream module, for files that are not programs.
    #[serde(default)]
    pub module_files: BTreeMap<String, String>,
}

/// One `go build`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoBuild {
    /// Output name → package.
    pub programs: BTreeMap<String, String>,
    /// Whether C code is linked in.
    pub cgo: Cgo,
    /// Build tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Linker flags besides `-s -w`.
    #[serde(default)]
    pub linker: Vec<String>,
    /// Linker variables (`-X name=value`); `{version}` stands for the component's version.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// Whether C code is linked in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cgo {
    /// `CGO_ENABLED=0`.
    Disabled,
    /// `CGO_ENABLED=1`.
    Enabled,
}

/// A Debian root file system.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RootfsSource {
    /// What is installed besides the essential packages.
    pub packages: Vec<String>,
    /// Shell commands run afterwards, with the root directory as `$1`.
    #[serde(default)]
    pub customize: Vec<String>,
}

/// Files taken out of a Python wheel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WheelSource {
    /// The distribution's name on the package index.
    pub distribution: String,
    /// Output name → path in the wheel.
    pub files: BTreeMap<String, String>,
}

impl Component {
    /// The names of the files it yields. A root file system yields a layer and no files.
    pub fn outputs(&self) -> Vec<&str> {
        let names: Vec<&String> = match &self.source {
            Source::Cargo(cargo) => cargo.packages.keys().collect(),
            Source::Debian(debian) => debian.files.keys().collect(),
            Source::Go(go) => {
                go.builds.iter().flat_map(|build| build.programs.keys()).chain(go.module_files.keys()).collect()
            }
            Source::Rootfs(_) => Vec::new(),
            Source::Wheel(wheel) => wheel.files.keys().collect(),
        };
        names.into_iter().map(String::as_str).collect()
    }

    /// Leaves out programs that nothing uses. What is fetched comes as a whole and stays so.
    pub(in crate::images) fn only(&mut self, wanted: &BTreeSet<&str>) {
        match &mut self.source {
            Source::Cargo(cargo) => cargo.packages.retain(|name, _| wanted.contains(name.as_str())),
            Source::Go(go) => {
                for build in &mut go.builds {
                    build.programs.retain(|name, _| wanted.contains(name.as_str()));
                }
                go.builds.retain(|build| !build.programs.is_empty());
                go.module_files.retain(|name, _| wanted.contains(name.as_str()));
            }
            Source::Debian(_) | Source::Rootfs(_) | Source::Wheel(_) => {}
        }
    }

    /// What a report calls the source: the module, package or distribution.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.source {
            Source::Cargo(_) => "workspace".to_owned(),
            Source::Debian(debian) => format!("debian:{}", debian.package),
            Source::Go(go) => go.module.clone(),
            Source::Rootfs(_) => "debian".to_owned(),
            Source::Wheel(wheel) => format!("wheel:{}", wheel.distribution),
        }
    }
}
