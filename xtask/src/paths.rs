//! Locations in the workspace and on the machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::run::{Hold, Runs};

/// Default name of the world.
pub(crate) const DEFAULT_WORLD: &str = "mtls-e2e";

/// The workspace of this xtask.
pub(crate) fn workspace() -> &'static Path {
    // The manifest of this package is one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

pub(crate) fn scenarios() -> PathBuf {
    workspace().join("scenarios")
}

/// The project's own kustomize trees.
pub(crate) fn trees() -> PathBuf {
    workspace().join("fixtures/infra")
}

/// Run directories and kubeconfigs.
pub(crate) fn runs() -> Runs {
    Runs::new(workspace().join("target/e2e"))
}

/// The store: the index of all runs.
pub(crate) fn store() -> PathBuf {
    workspace().join("target/e2e/store")
}

pub(crate) fn kubeconfig(world: &str) -> PathBuf {
    runs().kubeconfig(world)
}

/// The file that `kubectl` writes to: the first of KUBECONFIG, else `~/.kube/config`.
pub(crate) fn users_kubeconfig() -> Result<PathBuf> {
    let first = std::env::var_os("KUBECONFIG")
        .and_then(|paths| std::env::split_paths(&paths).find(|path| !path.as_os_str().is_empty()));
    let default = || std::env::home_dir().map(|home| home.join(".kube/config"));
    first.or_else(default).context("neither KUBECONFIG nor a home directory is set")
}

/// Locks the world for this command.
pub(crate) fn hold(world: &str) -> Result<Hold> {
    Ok(runs().hold(world)?)
}

/// Parses a world's name, which becomes part of container and DNS names.
pub(crate) fn world_name(name: &str) -> Result<String, String> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if letters && !name.is_empty() && name.len() <= 40 && !name.starts_with('-') && !name.ends_with('-') {
        Ok(name.to_owned())
    } else {
        Err("use lower-case letters, digits and inner dashes, at most 40".to_owned())
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the async runtime")
}
