//! Builds programs of this workspace with the cargo that runs the build.
//!
//! The target folder is inside the cache, so that the user's target folder and its flags have no influence.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::command::Tool;
use super::error::BuildError;
use super::output::{Facts, Output};
use super::stack::{CargoSource, Component};

/// The compiler's version, part of the key.
pub(super) fn version(workspace: &Path) -> Option<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(workspace).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Builds the program of every package.
pub(super) async fn build(
    component: &Component,
    source: &CargoSource,
    workspace: &Path,
    target: &Path,
    directory: &Path,
    logs: &Path,
) -> Result<Facts, BuildError> {
    let mut tool = Tool::new(&component.id, "cargo", logs)
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(target.to_string_lossy())
        .directory(workspace)
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    for package in source.packages.keys() {
        tool = tool.arg("--package").arg(package);
    }
    tool.run().await?;
    let mut outputs = Vec::new();
    for name in source.packages.keys() {
        let (from, to) = (target.join("release").join(name), directory.join(name));
        fs::copy(&from, &to).map_err(BuildError::file(format!("copy {}", from.display())))?;
        outputs.push(Output::of(name, &to)?);
    }
    Ok(Facts { outputs, layer: None, detail: source.packages.keys().cloned().collect() })
}
