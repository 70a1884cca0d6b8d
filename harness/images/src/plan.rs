//! The plan of a build: which components are in the cache and which are not.

use std::path::PathBuf;

use super::assemble::BuiltArtifacts;
use super::cache::{Cache, CacheEntry};
use super::component::{self, Sources, Tools};
use super::error::BuildError;
use super::model::BuildRequest;
use super::output::Facts;
use super::stack::{Component, Stack, StackName};

/// A checked declaration and the locations of its inputs and results.
pub(super) struct Plan {
    pub(super) name: StackName,
    pub(super) stack: Stack,
    pub(super) sources: Sources,
    pub(super) cache: Cache,
    slots: Vec<CacheEntry>,
}

/// One line of the list of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The component.
    pub component: String,
    /// Its version.
    pub version: String,
    /// The images that contain outputs of it; empty for root file systems and the node's own programs.
    pub images: Vec<String>,
    /// The total size of its outputs in bytes, once it is built.
    pub size: Option<u64>,
}

impl Plan {
    pub(super) fn new(request: &BuildRequest) -> Result<Self, BuildError> {
        Self::with_tools(request, &Tools::here(&request.workspace))
    }

    pub(super) fn with_tools(request: &BuildRequest, tools: &Tools) -> Result<Self, BuildError> {
        Self::of(declared(request)?, request, tools)
    }

    /// A plan for this part of the declaration only.
    pub(super) fn of(stack: Stack, request: &BuildRequest, tools: &Tools) -> Result<Self, BuildError> {
        let sources = Sources { stack: directory(request), workspace: request.workspace.clone() };
        let cache = Cache::at(&request.cache);
        let slots = stack
            .components
            .iter()
            .map(|component| component::slot(component, &stack, &sources, tools, &cache))
            .collect::<Result<_, _>>()?;
        Ok(Self { name: request.stack.clone(), stack, sources, cache, slots })
    }

    /// Every component with its cache entry.
    pub(super) fn components(&self) -> impl Iterator<Item = (&Component, &CacheEntry)> {
        self.stack.components.iter().zip(&self.slots)
    }

    /// The components that must be built.
    pub(super) fn missing(&self) -> Vec<&Component> {
        self.components().filter(|(_, slot)| slot.facts::<Facts>().is_none()).map(|(component, _)| component).collect()
    }

    /// The cached outputs, if the cache has all of them.
    pub(super) fn cached(&self) -> Option<BuiltArtifacts> {
        let mut built = BuiltArtifacts::default();
        for (component, slot) in self.components() {
            built.add(&component.id, slot.clone(), slot.facts()?);
        }
        Some(built)
    }
}

/// The declaration as it is in the workspace.
///
/// # Errors
///
/// When it cannot be read; the error has file, line and advice.
pub fn declared(request: &BuildRequest) -> Result<Stack, BuildError> {
    Ok(Stack::read_set(&directory(request), &request.stack)?)
}

/// The files of the declaration: a set takes whatever it does not override from `stack.yaml`.
pub(super) fn declarations(request: &BuildRequest) -> [PathBuf; 2] {
    [&request.stack, &StackName::default()].map(|name| name.file(&directory(request)))
}

fn directory(request: &BuildRequest) -> PathBuf {
    request.workspace.join("fixtures/stack")
}

/// Every component, its images, and whether it is in the cache.
///
/// # Errors
///
/// When the declaration or the sources cannot be read.
pub fn list(request: &BuildRequest) -> Result<Vec<Listed>, BuildError> {
    let plan = Plan::new(request)?;
    let rows = plan.components().map(|(component, slot)| Listed {
        component: component.id.clone(),
        version: component.version.clone(),
        images: plan
            .stack
            .images
            .iter()
            .filter(|image| image.files.iter().any(|file| file.component == component.id))
            .map(super::stack::Image::reference)
            .collect(),
        size: slot.facts::<Facts>().map(|facts| {
            let files: u64 = facts.outputs.iter().map(|output| output.size).sum();
            files + facts.layer.map_or(0, |layer| layer.size)
        }),
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_moved_version_changes_one_key_only() {
        let workspace = tempfile::tempdir().unwrap();
        copy_workspace(workspace.path());
        let before = keys(workspace.path());
        edit(workspace.path(), "version: v3.6.9", "version: v3.6.10");
        let after = keys(workspace.path());
        let changed: Vec<&String> = before.iter().filter(|(id, key)| after[*id] != **key).map(|(id, _)| id).collect();
        assert_eq!(changed, ["etcd"]);
    }

    #[test]
    fn a_changed_module_file_or_toolchain_changes_what_is_built_with_it() {
        let workspace = tempfile::tempdir().unwrap();
        copy_workspace(workspace.path());
        let before = keys(workspace.path());
        let sums = workspace.path().join("fixtures/stack/spire/go.sum");
        fs::write(&sums, "changed").unwrap();
        let after = keys(workspace.path());
        assert_ne!(before["spire"], after["spire"]);
        assert_eq!(before["istio"], after["istio"]);

        let newer =
            keys_with(workspace.path(), &Tools { go: Some("go9.9".to_owned()), rustc: Some("rustc".to_owned()) });
        assert_ne!(after["istio"], newer["istio"]);
        assert_eq!(after["base-rootfs"], newer["base-rootfs"]);
        assert_eq!(after["fixtures"], newer["fixtures"]);
    }

    fn keys(workspace: &Path) -> BTreeMap<String, String> {
        let tools = Tools { go: Some("go1".to_owned()), rustc: Some("rustc".to_owned()) };
        keys_with(workspace, &tools)
    }

    fn keys_with(workspace: &Path, tools: &Tools) -> BTreeMap<String, String> {
        let request = BuildRequest::current(workspace.to_owned(), workspace.join("cache"));
        let plan = Plan::with_tools(&request, tools).unwrap();
        plan.components()
            .map(|(component, slot)| {
                let key = slot.directory().file_name().unwrap().to_owned();
                (component.id.clone(), key.to_string_lossy().into_owned())
            })
            .collect()
    }

    fn edit(workspace: &Path, from: &str, to: &str) {
        let file = workspace.join("fixtures/stack/stack.yaml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    fn copy_workspace(to: &Path) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let parts = ["fixtures/stack", "fixtures/client", "fixtures/identity", "fixtures/workload"];
        for part in parts.into_iter().chain(["harness/probe", "harness/protocol"]) {
            for file in crate::cache::walk(&from.join(part)).unwrap() {
                let relative = file.strip_prefix(&from).unwrap();
                let target = to.join(relative);
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                if !file.is_symlink() {
                    fs::copy(&file, &target).unwrap();
                }
            }
        }
        for file in ["Cargo.toml", "Cargo.lock"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}
