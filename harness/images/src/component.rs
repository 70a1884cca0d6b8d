//! Builds one component, from its declaration to files in the cache.

use std::path::{Path, PathBuf};

use super::cache::{Cache, CacheEntry, Key};
use super::error::BuildError;
use super::output::Facts;
use super::stack::{Component, Source, Stack};
use super::{cargo, debian, golang, wheel};

/// The locations of a build's inputs.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The folder of `stack.yaml`.
    pub(super) stack: PathBuf,
    /// The root of the workspace.
    pub(super) workspace: PathBuf,
}

/// The versions of the tools that influence the result.
#[derive(Clone, Debug, Default)]
pub(super) struct Tools {
    pub(super) go: Option<String>,
    pub(super) rustc: Option<String>,
}

impl Tools {
    pub(super) fn here(workspace: &Path) -> Self {
        Self { go: golang::version(), rustc: cargo::version(workspace) }
    }
}

/// The component's cache entry.
pub(super) fn slot(
    component: &Component,
    stack: &Stack,
    sources: &Sources,
    tools: &Tools,
    cache: &Cache,
) -> Result<CacheEntry, BuildError> {
    let mut key = Key::new("component");
    key.declaration(component);
    match &component.source {
        Source::Cargo(packages) => {
            key.text("rustc", tools.rustc.as_deref().unwrap_or_default());
            for file in ["Cargo.toml", "Cargo.lock"] {
                key.file(&sources.workspace.join(file))?;
            }
            for directory in packages.packages.values().chain(&packages.libraries) {
                key.tree(&sources.workspace.join(directory))?;
            }
        }
        Source::Go(go) => {
            key.text("go", tools.go.as_deref().unwrap_or_default()).tree(&sources.stack.join(&go.directory))?;
        }
        Source::Debian(_) | Source::Rootfs(_) => {
            key.declaration(&stack.debian);
        }
        Source::Wheel(_) => {}
    }
    Ok(cache.slot(&format!("components/{}", component.id), &key.finish()))
}

/// Builds the component into its cache entry.
pub(super) async fn build(
    component: &Component,
    stack: &Stack,
    sources: &Sources,
    cache: &Cache,
    slot: &CacheEntry,
) -> Result<Facts, BuildError> {
    let directory = slot.workspace()?;
    let logs = cache.logs();
    let log = logs.join(format!("{}.log", component.id));
    // The log belongs to this build alone; it need not exist.
    let _ = std::fs::remove_file(log);
    let facts = match &component.source {
        Source::Cargo(source) => {
            let target = cache.root().join("cargo-target");
            cargo::build(component, source, &sources.workspace, &target, &directory, &logs).await?
        }
        Source::Debian(source) => debian::files(component, source, &stack.debian, &directory, &logs).await?,
        Source::Go(source) => golang::build(component, source, &sources.stack, &directory, &logs).await?,
        Source::Rootfs(source) => debian::rootfs(component, source, &stack.debian, &directory, &logs).await?,
        Source::Wheel(source) => wheel::fetch(component, source, &directory, &logs).await?,
    };
    slot.keep(&directory, &facts)?;
    slot.retain_recent()?;
    Ok(facts)
}
