//! A component: a unit that is built or fetched as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A unit that is built or fetched as a whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// Its name in this file, in progress lines and in the cache.
    pub id: String,
    /// The upstream version, in upstream's notation.
    pub version: String,
    /// The differences from the published upstream artefact when built here, for reports.
    #[serde(default)]
    pub note: Option<String>,
    /// Its source and build method.
    pub source: Source,
}

/// The source of a component.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Packages of this workspace.
    Cargo(CargoSource),
    /// Files from a Debian package.
    Debian(DebianSource),
    /// Programs of a Go module.
    Go(GoSource),
    /// A Debian root file system, used whole as a layer.
    Rootfs(RootfsSource),
    /// Files from a Python wheel.
    Wheel(WheelSource),
}

/// Packages of this workspace, each with one program of the same name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CargoSource {
    /// Package name → its folder below the workspace root.
    pub packages: BTreeMap<String, String>,
    /// Folders of the workspace's own libraries that the programs are made of; part of the key.
    #[serde(default)]
    pub libraries: Vec<String>,
}

/// Files from a Debian package, extracted without installing it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DebianSource {
    /// The package. Its version must start with the component's.
    pub package: String,
    /// Output name → path in the package.
    pub files: BTreeMap<String, String>,
}

/// Programs of a Go module.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoSource {
    /// The folder beside `stack.yaml` that contains go.mod, go.sum and, if any, own sources.
    pub directory: String,
    /// The upstream module.
    pub module: String,
    /// The `go build` invocations.
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
    /// Linker flags in addition to `-s -w`.
    #[serde(default)]
    pub linker: Vec<String>,
    /// Linker variables (`-X name=value`); `{version}` is replaced by the component's version.
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
    /// Packages installed in addition to the essential ones.
    pub packages: Vec<String>,
    /// Shell commands that are run afterwards, with the root directory as `$1`.
    #[serde(default)]
    pub customize: Vec<String>,
}

/// Files from a Python wheel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WheelSource {
    /// The name of the distribution on the package index.
    pub distribution: String,
    /// Output name → path in the wheel.
    pub files: BTreeMap<String, String>,
}

impl Component {
    /// The names of its output files. A root file system has a layer and no files.
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

    /// Removes programs that are not `wanted`. Fetched components stay complete.
    pub(crate) fn only(&mut self, wanted: &BTreeSet<&str>) {
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

    /// The module, package or distribution, for reports.
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
